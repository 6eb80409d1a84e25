// One insert per message into a table like messenger's own, indexes and generated search column included; numbers are counted in memory.
import pg from 'pg';

export async function openStore(databaseUrl, schema) {
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  await admin.query(`create schema if not exists ${schema}`);
  await admin.query(`create table if not exists ${schema}.messages (like messenger.messages including all)`);
  await admin.query(`truncate ${schema}.messages`);
  await admin.end();
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10, options: `-c search_path=${schema}` });
  const seqs = new Map();
  return {
    async insert({ messageId, conversationId, userId, text }) {
      const seq = (seqs.get(conversationId) ?? 0) + 1;
      seqs.set(conversationId, seq);
      const sentAt = new Date();
      await pool.query({
        name: 'message',
        text: `insert into messages (message_id, conversation_id, seq, rev, kind, sender_id, text, sent_at)
          values ($1, $2, $3, $3, 'text', $4, $5, $6)`,
        values: [messageId, conversationId, seq, userId, text, sentAt],
      });
      return { messageId, conversationId, seq, senderId: userId, text, sentAt };
    },
    close: () => pool.end(),
  };
}
