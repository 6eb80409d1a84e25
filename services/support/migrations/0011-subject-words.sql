-- The subject of a ticket that the platform opens is kept as a key with what differs too. It stood there in both languages.
alter table tickets add column subject_words jsonb;
update tickets t set subject = '', subject_words = jsonb_build_object('key', 'difference_of', 'what', of.parts[1], 'reference', of.parts[2])
from (select ticket_id, regexp_match(subject, '^Сверка с провайдером / Reconciliation: (payment|payout) (.+)$') as parts from tickets where category = 'reconciliation') of
where of.ticket_id = t.ticket_id and of.parts is not null;
update ticket_history set reason = null, words = '{"key": "assignee_silent"}'
where action = 'unassign' and reason = 'Исполнитель молчал дольше срока. The assignee was silent for too long.';
