import express from 'express';
import jwt from 'jsonwebtoken';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { Agent } from 'node:http';
import { readFileSync } from 'node:fs';

const [port, target, keyFile] = process.argv.slice(2);
const key = readFileSync(keyFile, 'utf8');
const app = express();
app.use((request, response, next) => {
  try {
    jwt.verify((request.headers.authorization ?? '').slice(7), key, { algorithms: ['RS256'] });
    next();
  } catch {
    response.status(401).end();
  }
});
app.use(createProxyMiddleware({ target, agent: new Agent({ keepAlive: true, maxSockets: 64 }) }));
app.listen(Number(port), '127.0.0.1');
