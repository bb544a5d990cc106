import { type Http1Client, openHttp1Client } from '@portcullis/http1/client/open-http1-client'
import type { Response } from '@portcullis/http1/message'
import { Later, type Taker } from '@portcullis/kernel/later'
import { BackendReply } from './backend-reply.ts'
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
      const outcome = new Outcome()
      client.send(origin, request, outcome, tls)
      return outcome
    },
    counts: () => client.counts(),
    async close() {
      client.close()
    },
  }
}

/** What comes of a request, in the words of the gateway. */
class Outcome extends Later<ForwardedReply> implements Taker<Response> {
  take(response: Response): void {
    this.bring(new BackendReply(response))
  }

  fail(thrown: unknown): void {
    this.break(faultOfUpstream(thrown))
  }
}
