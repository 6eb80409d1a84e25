-- A try of a secret, counted before it is made: one call instead of a transaction of five. Inserts the try when fewer
-- than the limits have failed; answers the failed ones, newest first, for whoever must tell how long to wait.
create function reserve_guess(
  account text, network text, tried_at timestamptz, quarter_ago timestamptz, day_ago timestamptz,
  most_quarter int, most_day int, most_network int
) returns table (guess_id bigint, own timestamptz[], others timestamptz[]) language plpgsql as $$
begin
  -- Statements of a function see what was committed before each of them: the lock comes first, the count after it.
  if account is not null then
    perform pg_advisory_xact_lock(hashtext('auth.guess'), hashtext(account));
  end if;
  own := array(select g.at from guesses g where g.subject = account and g.at > day_ago order by g.at desc limit most_day);
  others := array(
    select g.at from guesses g where g.subject = network and g.at > quarter_ago order by g.at desc limit most_network);
  if account is not null and cardinality(own) < most_day and cardinality(others) < most_network
    and (select count(*) from unnest(own) as t (at) where t.at > quarter_ago) < most_quarter
  then
    insert into guesses (subject, at) values (account, tried_at) returning guesses.guess_id into guess_id;
  end if;
  return next;
end $$;

-- Whether a device is known is asked at every sign-in.
create index sessions_user_device on sessions (user_id, device);
-- What has ended is forgotten after a while.
create index sessions_ended on sessions (ended_at) where ended_at is not null;
