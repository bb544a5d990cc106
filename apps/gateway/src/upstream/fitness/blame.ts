import type { Fault } from '@portcullis/kernel/fault'
import { gatewayFaults } from '../../fault.ts'

const blameless = new WeakSet<Fault>()

/** Says of a fault that what was to be sent is to blame, and not the backend. For forwarders. */
export function markBlameless(fault: Fault): Fault {
  blameless.add(fault)
  return fault
}

const kinds = [
  gatewayFaults['upstream-unreachable'],
  gatewayFaults['upstream-timeout'],
  gatewayFaults['upstream-invalid'],
]

/**
 * Whether a failure says something about the backend. Callers who leave or send what cannot be carried on must not be
 * able to talk a healthy target out of service.
 */
export function isBackendsFault(thrown: unknown): boolean {
  return kinds.some((kind) => kind.is(thrown) && !blameless.has(thrown))
}
