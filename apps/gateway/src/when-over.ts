import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { DoorReply } from './listener/listener.ts'
import { watchBody } from './upstream/delivery/watched-body.ts'

/**
 * Tells the steps of a call that wait for its end: now where the whole reply is here, else when its body has ended or was
 * given up, or the caller has left. The end of a call that goes on standing is told by whoever watches over it.
 */
export function tellWhenOver(x: Exchange, reply: DoorReply, isStanding: boolean): void {
  const { signal, method } = x.request
  const over = (): void => x.over()
  if (!isStanding) {
    const { status } = reply
    const hasNone = method === 'HEAD' || status === 204 || status === 304
    if (hasNone || reply.untouched !== undefined) {
      over()
      return
    }
    const { body } = reply
    if (body === undefined || body instanceof Uint8Array || signal.aborted) {
      over()
      return
    }
    reply.body = watchBody(body, over)
  }
  // Nobody may come to read it.
  signal.addEventListener('abort', over)
}
