-- Retention and a person's own data ask by person.
create index activity_user on activity (user_id, bucket);
