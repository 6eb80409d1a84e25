import { account } from './ru/account.ts';
import { care } from './ru/care.ts';
import { deal } from './ru/deal.ts';
import { figures } from './ru/figures.ts';
import { hours } from './ru/hours.ts';
import { lists } from './ru/lists.ts';
import { running } from './ru/running.ts';
import { search } from './ru/search.ts';
import { site } from './ru/site.ts';
import { talk } from './ru/talk.ts';
import { work } from './ru/work.ts';

export const ru = {
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
