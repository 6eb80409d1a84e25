import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export interface ExportRow {
  exportId: string;
  status: 'pending' | 'ready';
  requestedAt: Date;
  readyAt: Date | null;
  expiresAt: Date | null;
  size: number | null;
}

/** Name of an archive in the store. */
export function exportKey(exportId: string): string {
  return `export-${exportId}.zip`;
}

const columns = sql`export_id as "exportId", status, requested_at as "requestedAt", ready_at as "readyAt", expires_at as "expiresAt", size`;

/** The newest twenty. */
export function exportsOf(db: Queries, userId: string): Promise<ExportRow[]> {
  return db.many<ExportRow>(
    sql`select ${columns} from exports where user_id = ${userId} order by requested_at desc limit 20`,
  );
}

/** All archives of a person go: the rows now, the files by a job of the same transaction. */
export async function dropExports(tx: Tx, userId: string): Promise<void> {
  const gone = await tx.many<{ id: string }>(
    sql`delete from exports where user_id = ${userId} returning export_id as id`,
  );
  if (gone.length > 0) await tx.schedule('deleteExports', { exportIds: gone.map((row) => row.id) });
}
