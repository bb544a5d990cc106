import { watchedReply } from '@portcullis/policy-kit/body/watched-reply'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { type SizeLimitConfig, sizeLimitContract, sizeLimitFaults } from './contract.ts'
import { bodyDetail, countTo, isEventStream, judgeHead } from './rules.ts'

const SWITCHING_PROTOCOLS = 101

/** Refuses by what is announced, before anything is read, and breaks off what turns out to be larger. */
export const sizeLimit: Policy<SizeLimitConfig> = {
  contract: sizeLimitContract,
  needs: [],
  bind(limits) {
    const { maxBodyBytes, maxReplyBytes } = limits

    function judge({ request }: Exchange): Verdict {
      const { target, headers, body } = request
      const contentLength = headers.get('content-length')
      const found = judgeHead(limits, { target, fields: headers.flat(), contentLength })
      if (found !== undefined) return refuse(sizeLimitFaults[found.kind]({ detail: found.detail }))
      // A body of the announced length was judged above; only one of unknown length has to be counted.
      if (maxBodyBytes === undefined || body === undefined || contentLength !== undefined) return proceed()
      const exceeded = () => sizeLimitFaults['body-too-large']({ detail: bodyDetail(maxBodyBytes) })
      return proceed(undefined, { watchBody: countTo(maxBodyBytes, exceeded) })
    }

    function limitReply(reply: Reply, maxBytes: number): void {
      if (reply.status === SWITCHING_PROTOCOLS || reply.body === undefined) return
      // It has no size, only a length of time: the gateway itself keeps watch over it, and must see it as it came.
      if (isEventStream(reply.headers.get('content-type'))) return
      const exceeded = () =>
        sizeLimitFaults['reply-too-large']({ internal: `the reply has more than ${maxBytes} bytes` })
      if (Number(reply.headers.get('content-length') ?? 0) > maxBytes) throw exceeded()
      reply.body = watchedReply(reply.body, { chunk: countTo(maxBytes, exceeded) })
    }

    return {
      onRequest: judge,
      ...(maxReplyBytes !== undefined && {
        onReply: (_: Exchange, reply: Reply) => limitReply(reply, maxReplyBytes),
      }),
    }
  },
}
