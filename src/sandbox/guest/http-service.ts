import { createServer, type Server } from 'node:http'

/** Ports of the guest's web server. */
export const httpPorts = [80, 8080] as const

/** What runs in the guest besides SSH: 200 on `/health`, 404 elsewhere. */
export function httpService(): Server {
  return createServer(({ url }, response) => {
    const well = url?.split('?')[0] === '/health'
    response.writeHead(well ? 200 : 404, { 'content-type': 'text/plain' }).end(well ? 'ok\n' : 'not found\n')
  })
}
