-- What is told again and may differ (category, freelancer, mark) is that of the latest event, whenever it arrives (F3).
alter table order_facts add column described_at timestamptz, add column taken_at timestamptz;
alter table ticket_facts add column rated_at timestamptz;
