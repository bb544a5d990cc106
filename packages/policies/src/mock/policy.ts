import type { ExampleReply } from '@portcullis/model/example-reply'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import type { Policy } from '@portcullis/policy-kit/policy'
import { refuse, respond } from '@portcullis/policy-kit/verdict'
import { acceptance } from './accept.ts'
import { type MockConfig, type MockFacts, mockContract, mockFaults } from './contract.ts'
import { type Preference, readPreference } from './preference.ts'
import { chooseReply } from './rules.ts'

/** Answers every call with an example of the contract. */
export const mock: Policy<MockConfig, MockFacts> = {
  contract: mockContract,
  needs: [],
  bind({ status, prefer }, _, { facts }) {
    function preferenceOf({ request }: Exchange): Preference {
      const asked = prefer ? readPreference(request.headers.all('prefer')) : {}
      // Whoever names an example means the status at which it stands.
      if (status === undefined || asked.status !== undefined || asked.example !== undefined) return asked
      return { status }
    }

    return {
      onRequest(x) {
        const { headers, method } = x.request
        const chosen = chooseReply(facts.replies, preferenceOf(x), acceptance(headers.all('accept')))
        if ('refused' in chosen) return refuse(mockFaults[chosen.refused]())
        const { reply } = chosen
        const saw = { status: reply.status, ...(reply.name !== undefined && { example: reply.name }) }
        return respond(replyOf(reply, method), saw)
      },
    }
  },
}

function replyOf({ status, mediaType, body }: ExampleReply, method: string): Reply {
  const headers = HeaderList.of({ 'Cache-Control': 'no-store', Vary: 'Accept, Prefer' })
  if (mediaType === undefined || body === undefined) return { status, headers }
  headers.append('Content-Type', mediaType)
  return method === 'HEAD' ? { status, headers } : { status, headers, body: Buffer.from(body) }
}
