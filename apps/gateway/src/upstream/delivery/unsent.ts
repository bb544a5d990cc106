import type { Fault } from '@portcullis/kernel/fault'

const unsent = new WeakSet<Fault>()

/** Says of a fault that nothing of the request had been sent and its body not been touched. For forwarders. */
export function markUnsent(fault: Fault): Fault {
  unsent.add(fault)
  return fault
}

/** Whether the request can be sent elsewhere, whatever its method and body. Unsure is no. */
export function isUnsent(thrown: unknown): boolean {
  return thrown instanceof Error && unsent.has(thrown as Fault)
}
