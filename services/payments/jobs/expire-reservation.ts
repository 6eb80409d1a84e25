import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import type { Job } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import { expireReservation as expire } from '../http/reservations.ts';

const payload = z.strictObject({ reservationId: id });

/** The time of a reservation ran out: its money goes back, at most once, on whichever replica (M11). */
export const expireReservation: Job<PaymentsContext, z.infer<typeof payload>> = {
  payload,
  run: (ctx, { reservationId }) => expire(ctx, reservationId),
};
