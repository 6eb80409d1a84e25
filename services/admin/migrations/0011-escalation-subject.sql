-- The subject in each language, when the platform itself named the ticket.
alter table escalations add column subject_in jsonb;
