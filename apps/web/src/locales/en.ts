import { account } from './en/account.ts';
import { care } from './en/care.ts';
import { deal } from './en/deal.ts';
import { figures } from './en/figures.ts';
import { hours } from './en/hours.ts';
import { lists } from './en/lists.ts';
import { running } from './en/running.ts';
import { search } from './en/search.ts';
import { site } from './en/site.ts';
import { talk } from './en/talk.ts';
import { work } from './en/work.ts';

export const en = {
  ...site,
  ...account,
  ...deal,
  ...hours,
  ...work,
  ...care,
  ...search,
  ...lists,
  ...talk,
  ...figures,
  ...running,
};
