import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { type MaintenanceConfig, maintenanceContract, maintenanceFaults } from './contract.ts'
import { secondsLeft } from './rules.ts'

/** Refuses every call in a stretch of time. */
export const maintenance: Policy<MaintenanceConfig> = {
  contract: maintenanceContract,
  needs: [],
  bind({ from, until, message }) {
    const stretch = {
      from: from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from),
      until: until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until),
    }
    return {
      onRequest({ receivedAt }) {
        const seconds = secondsLeft(stretch, receivedAt)
        if (seconds === undefined) return proceed()
        const fault = maintenanceFaults['under-way'](message === undefined ? {} : { detail: message })
        return refuse(fault, Number.isFinite(seconds) ? { headers: ['Retry-After', String(seconds)] } : {})
      },
    }
  },
}
