-- For the monthly act: what was taken of a freelancer's prices.
create index holds_freelancer on holds (freelancer_id, at);
