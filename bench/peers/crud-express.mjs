import express from 'express';
import jwt from 'jsonwebtoken';
import { createOrder, key, order, port, readOrder } from './crud-common.mjs';

const app = express();
app.use(express.json());
app.use((request, response, next) => {
  try {
    request.user = jwt.verify((request.headers.authorization ?? '').slice(7), key, { algorithms: ['RS256'] });
    next();
  } catch {
    response.status(401).end();
  }
});
app.get('/orders/:id', async (request, response) => {
  const found = await readOrder(request.params.id, request.user.sub);
  if (!found) return response.status(404).end();
  response.set('etag', `"${found.version}"`).json(found);
});
app.post('/orders', async (request, response) => {
  const parsed = order.safeParse(request.body);
  if (!parsed.success) return response.status(400).json(parsed.error.issues);
  const made = await createOrder(parsed.data, request.user.sub);
  response.status(201).set('etag', `"${made.version}"`).json(made);
});
app.listen(Number(port), '127.0.0.1');
