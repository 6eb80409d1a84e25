export const notificationsEvents = {};
