import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { formatMoney, formatNumber } from '../ui/format.ts';
import { useLoad } from '../ui/hooks.ts';
import { Facts, Shown } from '../ui/parts.tsx';

/** The books as anybody may check them. */
export function Books() {
  useTitle(t('shell.books'));
  const books = useLoad(() => api('payments', 'getPublicInvariants'), []);
  return (
    <div class="narrow">
      <h1>{t('shell.books')}</h1>
      <p class="lead">{t('books.lead')}</p>
      <Shown of={books}>
        {(data) => (
          <Facts
            items={[
              [t('books.balanced'), t(data.balanced ? 'common.yes' : 'common.no')],
              [t('books.transactions'), formatNumber(data.transactions)],
              [t('books.escrow'), data.escrow.map(formatMoney).join(', ') || '—'],
              data.escrowEqualsDeals !== null && [
                t('books.deals'),
                t(data.escrowEqualsDeals ? 'common.yes' : 'common.no'),
              ],
              [t('books.chain'), <code key="chain">{data.chainHead}</code>],
            ]}
          />
        )}
      </Shown>
    </div>
  );
}
