/**
 * Says that the health of the platform looks otherwise than a moment ago: an event was parked, a service came or went, a
 * backup moved on. Carries nothing: who shows health asks for it.
 */
export const HEALTH_CHANNEL = 'health';
