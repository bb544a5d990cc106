import { type Http1Client, openHttp1Client } from '@portcullis/http1/client/open-http1-client'
import type { ResponseTaker } from '@portcullis/http1/client/transfer'
import type { Response } from '@portcullis/http1/message'
import type { Fault } from '@portcullis/kernel/fault'
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
      return new Promise((resolve, reject) => {
        client.send(origin, request, new Outcome(resolve, reject), tls)
      })
    },
    counts: () => client.counts(),
    async close() {
      client.close()
    },
  }
}

/** What comes of a request, in the words of the gateway. */
class Outcome implements ResponseTaker {
  readonly #resolve: (reply: ForwardedReply) => void
  readonly #reject: (fault: Fault) => void

  constructor(resolve: (reply: ForwardedReply) => void, reject: (fault: Fault) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  take(response: Response): void {
    this.#resolve(new BackendReply(response))
  }

  fail(thrown: unknown): void {
    this.#reject(faultOfUpstream(thrown))
  }
}
