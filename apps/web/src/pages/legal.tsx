import { LEGAL_DOCUMENTS } from '#contracts/common/legal-texts.ts';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { useQuery, useTitle } from '../router.ts';
import { useLoad } from '../ui/hooks.ts';
import { Shown } from '../ui/parts.tsx';

/** A text that people agree to: `/legal/terms`, or a former version, `/legal/terms?version=2026-01`. */
export function Legal({ document: name }: { document: string }) {
  const version = useQuery().get('version') ?? undefined;
  const text = useLoad(
    () => api('auth', 'getLegalText', { params: { document: name as never }, query: { version } }),
    [name, version],
  );
  useTitle(text.data?.title);
  return (
    <div class="narrow">
      <Shown of={text}>
        {(data) => (
          <article class="legal">
            <h1>{data.title}</h1>
            <p class="muted">
              {t('legal.version', { version: data.version })}
              {data.current ? null : (
                <>
                  {' '}
                  {t('legal.former')} <a href={`/legal/${data.document}`}>{t('legal.current')}</a>
                </>
              )}
            </p>
            {data.sections.map(({ heading, paragraphs }) => (
              <section key={heading}>
                <h2>{heading}</h2>
                {paragraphs.map((paragraph) => (
                  <p key={paragraph}>{paragraph}</p>
                ))}
              </section>
            ))}
          </article>
        )}
      </Shown>
      <nav aria-label={t('legal.all')}>
        <ul>
          {LEGAL_DOCUMENTS.filter((other) => other !== name).map((other) => (
            <li key={other}>
              <a href={`/legal/${other}`}>{t(`legal.${other}`)}</a>
            </li>
          ))}
        </ul>
      </nav>
    </div>
  );
}
