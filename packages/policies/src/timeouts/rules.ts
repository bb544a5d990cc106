import { Duration } from '@portcullis/kernel/duration'
import type { Timeouts } from '@portcullis/policy-kit/message/timeouts'
import type { TimeoutsConfig } from './contract.ts'

/** The settings in milliseconds. */
export function timesOf({ connect, firstByte, idle, whole }: TimeoutsConfig): Timeouts {
  return {
    connectMillis: millisOf(connect),
    firstByteMillis: millisOf(firstByte),
    idleMillis: millisOf(idle),
    wholeMillis: millisOf(whole),
  }
}

function millisOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Duration.parse(text).milliseconds
}
