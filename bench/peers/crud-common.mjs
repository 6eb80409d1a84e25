// What the servers of the CRUD comparison share: the table, the statements, the token's key, the shape of an order.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { z } from 'zod';

export const [port, databaseUrl, schema, keyFile] = process.argv.slice(2);
export const key = readFileSync(keyFile, 'utf8');
const pool = new pg.Pool({ connectionString: databaseUrl, max: 5, options: `-c search_path=${schema}` });

export const order = z.object({
  title: z.string().min(3).max(200),
  description: z.string().min(10).max(20_000),
  category: z.string(),
  tags: z.array(z.string()).max(20),
  skills: z.array(z.string()).max(20),
  budget: z.object({ min: z.string(), max: z.string(), currency: z.string() }),
  deadline: z.iso.datetime().nullish(),
});

const view = (row) => ({ ...row, createdAt: row.createdAt.toISOString() });
const columns = 'id as "orderId", client_id as "clientId", body, status, version, created_at as "createdAt"';
export async function readOrder(id, userId) {
  const { rows } = await pool.query({
    name: 'read',
    text: `select ${columns} from orders where id = $1 and client_id = $2`,
    values: [id, userId],
  });
  return rows[0] && view(rows[0]);
}
/** The order and its event, in one transaction. */
export async function createOrder(body, userId) {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query({
      name: 'create',
      text: `insert into orders (id, client_id, body) values ($1, $2, $3) returning ${columns}`,
      values: [randomUUID(), userId, JSON.stringify(body)],
    });
    await client.query({
      name: 'outbox',
      text: 'insert into outbox (body) values ($1)',
      values: [JSON.stringify({ type: 'orders.order.created.v1', subject: rows[0].orderId, data: body })],
    });
    await client.query('commit');
    return view(rows[0]);
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
