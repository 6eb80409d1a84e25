-- What waits about a thing is asked for by the thing, at each step of a deal, and by thing and person.
drop index deliveries_waiting;
create index deliveries_waiting on deliveries (thread, user_id) where state in ('queued', 'collected');
