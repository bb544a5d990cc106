import type { Log } from '@portcullis/ports/log/port'
import type { Forwarder, ForwarderLimits } from './forwarder.ts'
import { openHttp1Forwarder } from './http1-forwarder.ts'
import { openHttp1Listener } from './http1-listener.ts'
import type { Address, Door, Listener, ListenerLimits } from './listener.ts'

/** The one place that says which engines take requests and carry them on. */

/** Rejects when the address can't be had. */
export function openListener(
  address: Address,
  door: Door,
  log: Log,
  limits: ListenerLimits,
): Promise<Listener> {
  return openHttp1Listener(address, door, log, limits)
}

export function openForwarder(limits: ForwarderLimits): Forwarder {
  return openHttp1Forwarder(limits)
}
