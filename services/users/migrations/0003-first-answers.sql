-- When each side of a conversation was first written to, and first wrote: how soon a freelancer answers.
create table first_answers (
  conversation_id uuid not null,
  user_id uuid not null,
  asked_at timestamptz,
  answered_at timestamptz,
  primary key (conversation_id, user_id)
);
create index first_answers_user on first_answers (user_id) where answered_at > asked_at;
