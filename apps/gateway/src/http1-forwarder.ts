import { type Http1Client, openHttp1Client } from '@portcullis/http1/client/open-http1-client'
import type { Response } from '@portcullis/http1/message'
import { HeaderList } from '@portcullis/policy-kit/header-list'
import { faultOfUpstream } from './fault-of-upstream.ts'
import { clientTimeouts, type ForwardedReply, type Forwarder, type ForwarderLimits } from './forwarder.ts'

/** Opens a forwarder on our own HTTP/1.1 client. */
export function openHttp1Forwarder(limits: ForwarderLimits): Forwarder {
  const client: Http1Client = openHttp1Client(limits)
  return {
    forward(outgoing) {
      const { origin, method, target, headers, body, trailers, acceptsTrailers, signal, tls } = outgoing
      const { upgrade, inform } = outgoing
      const timeouts = clientTimeouts(outgoing)
      const host = origin.slice(origin.indexOf('//') + 2)
      const request = {
        method,
        target,
        host,
        fields: headers.flat(),
        body,
        trailers,
        acceptsTrailers,
        signal,
        upgrade,
        inform,
        timeouts,
      }
      return client.request(origin, request, tls).then(replyOf, failWithFault)
    },
    counts: () => client.counts(),
    async close() {
      client.close()
    },
  }
}

/** Nobody else has the list, so that steps may change it. */
function replyOf({ status, fields, body, trailers, tunnel }: Response): ForwardedReply {
  return { status, headers: new HeaderList(fields as string[]), body, trailers, tunnel }
}

function failWithFault(thrown: unknown): never {
  throw faultOfUpstream(thrown)
}
