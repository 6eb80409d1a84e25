/** Messenger, notifications, support, administration, analytics (issue 5), as the people of a deal and staff see them. */
import { ADMINISTRATION } from './care-admin.ts';
import { FIGURES } from './care-figures.ts';
import { NEWS } from './care-news.ts';
import { SUPPORT } from './care-support.ts';
import { TALK } from './care-talk.ts';
import type { Walk } from './walk.ts';

export const CARE: readonly Walk[] = [...TALK, ...NEWS, ...SUPPORT, ...ADMINISTRATION, ...FIGURES];
