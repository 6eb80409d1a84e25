-- How often something was done to a review: deletion and restoration converge in whatever order they come.
alter table reviews add column revision bigint not null default 1;
