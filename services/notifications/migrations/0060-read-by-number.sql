-- Ids of messages are made by their senders and have no order: how far somebody has read is told by the message's number.
alter table read_marks add column seq int not null default 0;
