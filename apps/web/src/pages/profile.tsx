import type { z } from 'zod';
import type { publicProfile } from '#contracts/users/http.ts';
import { api } from '../api/client.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { countryName, formatDate, formatMoney, languageName } from '../ui/format.ts';
import { useLoad, usePages } from '../ui/hooks.ts';
import { Invite } from '../ui/invite.tsx';
import { Avatar, Empty, Facts, More, Problem, Shown, Stars, Tags } from '../ui/parts.tsx';
import { ReviewCard } from './order-record.tsx';

type Person = z.output<typeof publicProfile>;

/** A person as anybody may see him: words, portfolio, record, reviews. */
export function Profile({ slug }: { slug: string }) {
  const profile = useLoad(() => api('users', 'getProfile', { params: { slug } }), [slug]);
  const skills = useDictionary('skills');
  const styles = useDictionary('styles');
  useTitle(profile.data?.displayName);
  return (
    <Shown of={profile}>
      {(person) => (
        <article>
          <header class="profile-head">
            <Avatar name={person.displayName} url={person.avatarUrl} size={104} />
            <div>
              <h1>{person.displayName}</h1>
              {person.headline && <p class="lead">{person.headline}</p>}
              <p class="card-end">
                <Stars rating={person.rating} count={person.reviewCount} />
                {person.kinds.includes('freelancer') && <span>{t(`availability.${person.availability}`)}</span>}
                {(person.city || person.country) && (
                  <span>{[person.city, person.country && countryName(person.country)].filter(Boolean).join(', ')}</span>
                )}
              </p>
            </div>
          </header>
          <div class="with-side side-right">
            <div>
              {/* The server has cleaned this markup: it holds only what Markdown makes. */}
              {person.aboutHtml && (
                <section class="prose-html" dangerouslySetInnerHTML={{ __html: person.aboutHtml }} />
              )}
              <Tags
                of={[
                  ...person.skills.map((one) => `${skills.title(one.key)} · ${t(`level.${one.level}`)}`),
                  ...person.styles.map((one) => `${styles.title(one.key)} · ${t(`level.${one.level}`)}`),
                ]}
              />
              <Portfolio person={person} />
              <Reviews userId={person.userId} />
            </div>
            <aside class="side">
              <Record person={person} />
              {person.kinds.includes('freelancer') && <Invite freelancerId={person.userId} name={person.displayName} />}
            </aside>
          </div>
        </article>
      )}
    </Shown>
  );
}

function Record({ person }: { person: Person }) {
  const { asFreelancer, asClient } = person.record;
  return (
    <Facts
      items={[
        person.hourlyRate !== null && [
          t('profile.rate'),
          t('profile.perHour', { sum: formatMoney(person.hourlyRate) }),
        ],
        person.kinds.includes('freelancer') && [t('profile.completed'), String(asFreelancer.completed)],
        person.kinds.includes('freelancer') && [
          t('profile.onTime'),
          `${asFreelancer.onTime} / ${asFreelancer.onTime + asFreelancer.late}`,
        ],
        asFreelancer.repeatClients > 0 && [t('profile.repeat'), String(asFreelancer.repeatClients)],
        asFreelancer.answersInHours !== null && [
          t('profile.answers'),
          t('profile.answersIn', { hours: asFreelancer.answersInHours }),
        ],
        person.kinds.includes('client') && [t('profile.placed'), String(asClient.ordersPlaced)],
        asClient.hireRate !== null && [t('profile.hireRate'), `${asClient.hireRate} %`],
        person.languages.length > 0 && [
          t('profile.languages'),
          person.languages.map((one) => `${languageName(one.code)} (${t(`languageLevel.${one.level}`)})`).join(', '),
        ],
        [t('profile.since'), formatDate(person.memberSince)],
      ]}
    />
  );
}

function Portfolio({ person }: { person: Person }) {
  if (person.portfolio.length === 0) return null;
  return (
    <section>
      <h2>{t('profile.portfolio')}</h2>
      <ul class="cards cards-grid">
        {person.portfolio.map((item) => (
          <li key={item.itemId} class="card work">
            {item.images.slice(0, 1).map((image) => (
              <img
                key={image.imageId}
                src={image.url}
                width={image.width}
                height={image.height}
                alt={item.title}
                loading="lazy"
              />
            ))}
            <h3>{item.title}</h3>
            {item.description && <p class="prose">{item.description}</p>}
            <Tags of={item.tags} />
            {item.link && (
              <a href={item.link} target="_blank" rel="noreferrer nofollow ugc">
                {t('profile.link')}
              </a>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Reviews({ userId }: { userId: string }) {
  const pages = usePages(
    (cursor) => api('orders', 'listPersonReviews', { params: { userId }, query: { cursor } }),
    [userId],
  );
  return (
    <section>
      <h2>{t('reviews.title')}</h2>
      <Problem problem={pages.problem} />
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('reviews.none')}</p>
        </Empty>
      )}
      {pages.items.map((one) => (
        <ReviewCard key={one.reviewId} review={one} changed={pages.reload} />
      ))}
      <More act={pages.more} busy={pages.busy} />
    </section>
  );
}
