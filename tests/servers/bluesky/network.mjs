// Bluesky's own servers: directory (PLC), Personal Data Server, AppView and moderation, on ports that NETWORK names.
//
// GET /settled on the control port answers once the AppView has taken in everything that was written so far.

import http from 'node:http'
import { TestNetwork } from '@atproto/dev-env'

const at = JSON.parse(process.env.NETWORK)
const network = await TestNetwork.create({
  dbPostgresUrl: at.postgres,
  dbPostgresSchema: 'network',
  plc: { port: at.plc },
  pds: { port: at.pds, hostname: 'localhost', inviteRequired: false, rateLimitsEnabled: true },
  bsky: { port: at.appview, publicUrl: `http://localhost:${at.appview}` },
  ozone: { port: at.ozone },
})

async function answer(request, response) {
  try {
    if (request.url === '/settled') await network.processAll()
    response.end('up')
  } catch (error) {
    response.statusCode = 500
    response.end(String(error))
  }
}

http.createServer(answer).listen(at.control, '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
