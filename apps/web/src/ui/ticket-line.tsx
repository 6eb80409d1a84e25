import { t } from '../i18n.ts';
import { formatAgo, formatTime } from './format.ts';
import { Status } from './parts.tsx';

interface TicketLike {
  ticketId: string;
  number: number;
  kind: string;
  subject: string;
  status: string;
  priority: string;
  updatedAt: string;
  answerDueAt: string | null;
  overdue?: boolean;
}

/** A ticket in a list; for staff with priority and deadline. */
export function TicketLine({ ticket, href, staff }: { ticket: TicketLike; href: string; staff?: boolean }) {
  return (
    <li>
      <a class="line" href={href}>
        <span class="line-main">
          <b>{ticket.subject}</b>
          <small class="muted">
            № {ticket.number} · {t(`ticketKind.${ticket.kind}`)} · {formatAgo(ticket.updatedAt)}
          </small>
          {staff && ticket.answerDueAt && (
            <small class={ticket.overdue ? 'minus' : 'muted'}>
              {t('tickets.due', { at: formatTime(ticket.answerDueAt) })}
            </small>
          )}
        </span>
        <span class="line-end">
          {staff && <Status kind="priority" of={ticket.priority} />}
          <Status kind="ticketStatus" of={ticket.status} />
        </span>
      </a>
    </li>
  );
}
