import { forwarderLimits } from '@portcullis/gateway/forwarder/forwarder'
import { receiveFields } from '@portcullis/gateway/listener/field'
import { type Door, listenerLimits } from '@portcullis/gateway/listener/listener'
import { openForwarder, openListener } from '@portcullis/gateway/listener/open-engine'
import { openFront } from '@portcullis/gateway/open-front'
import { packRevision } from '@portcullis/gateway/reader/packed-revision'
import { openRecorder } from '@portcullis/gateway/record/recorder'
import { openHttp1Client } from '@portcullis/http1/client/open-http1-client'
import { listenHttp1 } from '@portcullis/http1/server/listen-http1'
import type { Decision } from '@portcullis/model/decision/decision'
import { revisionName } from '@portcullis/model/revision'
import { catalog } from '@portcullis/policies/catalog'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { systemClock } from '@portcullis/system/system-clock'
import { openBenchPorts } from '../world/bench-ports.ts'
import { worldRevision } from '../world/revision.ts'
import type { LayerName } from './layer.ts'
import { listenRelay } from './relay.ts'

/** The program of one layer, in a process of its own: says its port and passes calls on to the backend until it is ended. */

const [layer, upstream] = [process.argv[2] as LayerName, Number(process.argv[3])]
const origin = `http://127.0.0.1:${upstream}`
const address = { host: '127.0.0.1', port: 0 }
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const ready = (port: number): void => console.log(JSON.stringify({ port }))

switch (layer) {
  case 'sockets':
    listenRelay(upstream, ready)
    break
  case 'engine':
    ready(await listenEngine())
    break
  case 'forwarding':
    ready((await openListener(address, forwardingDoor(), log, listenerLimits)).port)
    break
  case 'pipeline':
    ready(await listenFront(quiet))
    break
  case 'records': {
    const take = async (): Promise<void> => undefined
    ready(await listenFront(openRecorder({ take }, log).record))
    break
  }
}
// The pipe ends with whoever started this program, however that came about.
process.stdin.resume().on('end', () => process.exit(0))

async function listenEngine(): Promise<number> {
  const client = openHttp1Client()
  const server = await listenHttp1({
    ...address,
    limits: listenerLimits,
    handle: ({ method, target, host, fields, body, signal }) =>
      client.request(origin, { method, target, host, fields, body, signal }),
    refuse: () => ({ status: 400, fields: [], body: undefined }),
    observer: { onHandlerFailed: complain, onResponseCut: complain },
  })
  return server.port
}

function forwardingDoor(): Door {
  const forwarder = openForwarder(forwarderLimits)
  return {
    handle(request) {
      const { method, target, headers, remoteAddress, body, signal } = request
      receiveFields(headers, remoteAddress, headers.get('host') ?? '', 'http')
      return forwarder.forward({ origin, method, target, headers, body, signal })
    },
    refuse: () => ({ status: 400, headers: new HeaderList() }),
  }
}

async function listenFront(record: (decision: Decision) => void): Promise<number> {
  const clock = systemClock()
  const front = openFront({
    catalog,
    ports: openBenchPorts(clock, { keys: [] }),
    record,
    log,
    limits: { listener: listenerLimits, forwarder: forwarderLimits },
  })
  const revision = worldRevision({ upstream: origin, jwksUri: `${origin}/jwks` }, 10)
  await front.load(packRevision(revision))
  await front.swap([revisionName(revision)])
  return front.listen(address)
}

function quiet(): void {}

function complain(cause: unknown): void {
  console.error(cause)
}
