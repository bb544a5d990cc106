import { newId } from '@portcullis/kernel/id'
import type { Decision } from '@portcullis/model/decision/decision'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { refusalReply } from '@portcullis/policy-kit/message/problem'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { refuse } from '@portcullis/policy-kit/verdict'
import type { Clock } from '@portcullis/ports/clock/port'
import { gatewayFaults } from '../fault.ts'
import { describeTurnedAway } from '../record/describe-decision.ts'
import { hostName } from './host-name.ts'
import type { Door } from './listener.ts'

export interface PlainDoorOptions {
  readonly answer: 'redirect' | 'refuse'
  /** Where the gateway speaks TLS. */
  readonly tlsPort: number
  readonly clock: Clock
  readonly record: (decision: Decision) => void
}

/** Fields that hold what must not travel unencrypted. Who was let go on as if nothing had happened would do it again. */
const credentials = ['authorization', 'cookie', 'dpop', 'x-api-key']

/**
 * Answers callers who come without TLS to a gateway that speaks it: sends them on (308, so that method and body stay), or
 * refuses. Calls with credentials are refused in any case: whoever listened has those by now.
 */
export function openPlainDoor({ answer, tlsPort, clock, record }: PlainDoorOptions): Door {
  function handle({ method, target, headers }: IncomingRequest): Reply {
    const host = headers.get('host') ?? ''
    const isRefused = answer === 'refuse' || host === '' || credentials.some((name) => headers.has(name))
    const id = newId('dec', clock.now())
    if (isRefused) return refused(id, gatewayFaults['tls-required'](), method)
    note(id, method, { outcome: 'answered', status: 308 })
    const to = `https://${hostName(host)}${portOf(host, tlsPort)}${target}`
    const fields = HeaderList.of({ Location: to, 'Cache-Control': 'no-store', 'Portcullis-Decision': id })
    return { status: 308, headers: fields, body: undefined }
  }

  function refused(id: string, fault: Parameters<Door['refuse']>[0], method = 'unknown'): Reply {
    const reply = refusalReply(refuse(fault), id)
    reply.headers.set('Portcullis-Decision', id)
    note(id, method, { outcome: 'refused', status: fault.status, code: fault.code })
    return reply
  }

  function note(id: string, method: string, end: Pick<Decision, 'outcome' | 'status' | 'code'>): void {
    record(describeTurnedAway(id, clock.now(), method, { ...end, millis: 0 }))
  }

  return { handle, refuse: (fault, method) => refused(newId('dec', clock.now()), fault, method) }
}

/** Who names no port came to that of the scheme, whatever it leads to: there the other scheme has its own, too. */
function portOf(host: string, tlsPort: number): string {
  return /:\d+$/.test(host) && tlsPort !== 443 ? `:${tlsPort}` : ''
}
