import type { FunctionComponent } from 'preact';
import { Agreements } from './pages/agreements.tsx';
import { AdminAppeals } from './pages/admin-appeals.tsx';
import { AdminAudit } from './pages/admin-audit.tsx';
import { AdminBackups } from './pages/admin-backups.tsx';
import { AdminDashboard } from './pages/admin-dashboard.tsx';
import { AdminDictionaries } from './pages/admin-dictionaries.tsx';
import { AdminEscalations } from './pages/admin-escalations.tsx';
import { AdminHealth } from './pages/admin-health.tsx';
import { AdminMoney } from './pages/admin-money.tsx';
import { AdminReports } from './pages/admin-reports.tsx';
import { AdminSettings } from './pages/admin-settings.tsx';
import { AdminStaff } from './pages/admin-staff.tsx';
import { AdminTemplates } from './pages/admin-templates.tsx';
import { AdminUsers } from './pages/admin-users.tsx';
import { Blocked } from './pages/blocked.tsx';
import { Books } from './pages/books.tsx';
import { Chat } from './pages/chat.tsx';
import { Confirm } from './pages/confirm.tsx';
import { Conversations } from './pages/conversations.tsx';
import { EditOrder, NewOrder } from './pages/edit-order.tsx';
import { Freelancers } from './pages/freelancers.tsx';
import { Home } from './pages/home.tsx';
import { Invitation } from './pages/invitation.tsx';
import { Legal } from './pages/legal.tsx';
import { Money } from './pages/money.tsx';
import { My } from './pages/my.tsx';
import { Notifications } from './pages/notifications.tsx';
import { NotificationSettings } from './pages/notification-settings.tsx';
import { OrderPage } from './pages/order.tsx';
import { OwnProfile } from './pages/own-profile.tsx';
import { Profile } from './pages/profile.tsx';
import { PersonalData } from './pages/personal-data.tsx';
import { Register } from './pages/register.tsx';
import { Reset } from './pages/reset.tsx';
import { SavedSearches } from './pages/saved-searches.tsx';
import { Security } from './pages/security.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { SupportQueue } from './pages/support-queue.tsx';
import { TicketPage } from './pages/ticket.tsx';
import { Tickets } from './pages/tickets.tsx';
import { Webhooks } from './pages/webhooks.tsx';

/** Address, page, and whether one has to be signed in to see it. The first that fits is shown. */
export const ROUTES: readonly (readonly [pattern: string, page: unknown, access?: 'signed in'])[] = [
  ['/', Home],
  ['/orders', Home],
  ['/orders/new', NewOrder, 'signed in'],
  ['/orders/:orderId', OrderPage],
  ['/orders/:orderId/edit', EditOrder, 'signed in'],
  ['/freelancers', Freelancers],
  ['/u/:slug', Profile],
  ['/profiles/:slug', Profile],
  ['/sign-in', SignIn],
  ['/register', Register],
  ['/confirm', Confirm],
  ['/reset', Reset],
  ['/invitation', Invitation],
  ['/blocked', Blocked],
  ['/books', Books],
  ['/legal/:document', Legal],
  ['/agreements', Agreements, 'signed in'],
  ['/my', My, 'signed in'],
  ['/saved-searches', SavedSearches, 'signed in'],
  ['/reviews', OwnProfile, 'signed in'],
  ['/profile', OwnProfile, 'signed in'],
  ['/settings/security', Security, 'signed in'],
  ['/settings/notifications', NotificationSettings, 'signed in'],
  ['/settings/data', PersonalData, 'signed in'],
  ['/settings/webhooks', Webhooks, 'signed in'],
  ['/conversations', Conversations, 'signed in'],
  ['/conversations/:conversationId', Chat, 'signed in'],
  ['/notifications', Notifications, 'signed in'],
  ['/money', Money, 'signed in'],
  ['/tickets', Tickets, 'signed in'],
  ['/tickets/:ticketId', TicketPage, 'signed in'],
  ['/support', SupportQueue, 'signed in'],
  ['/support/:ticketId', TicketPage, 'signed in'],
  ['/admin', AdminDashboard, 'signed in'],
  ['/admin/reports', AdminReports, 'signed in'],
  ['/admin/users', AdminUsers, 'signed in'],
  ['/admin/money', AdminMoney, 'signed in'],
  ['/admin/settings', AdminSettings, 'signed in'],
  ['/admin/escalations', AdminEscalations, 'signed in'],
  ['/admin/audit', AdminAudit, 'signed in'],
  ['/admin/appeals', AdminAppeals, 'signed in'],
  ['/admin/staff', AdminStaff, 'signed in'],
  ['/admin/dictionaries', AdminDictionaries, 'signed in'],
  ['/admin/templates', AdminTemplates, 'signed in'],
  ['/admin/health', AdminHealth, 'signed in'],
  ['/admin/backups', AdminBackups, 'signed in'],
] satisfies readonly (readonly [string, FunctionComponent<never>, 'signed in'?])[];
