import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { oncePerPrincipal } from '../memory/once-per-principal.ts'
import { type RoleConfig, roleContract, roleFaults } from './contract.ts'
import { judge } from './rules.ts'

const MAX_SEEN_CHARACTERS = 512

/** Holds the caller's roles against those that are demanded and forbidden. */
export const role: Policy<RoleConfig> = {
  contract: roleContract,
  needs: [],
  bind(config) {
    function decide({ roles, groups }: Principal): Verdict {
      const has = (name: string): boolean =>
        roles?.has(name) === true || (config.groups && groups?.has(name) === true)
      const judgement = judge(config, has)
      if (judgement.kind === 'satisfied') return proceed()
      // The names are those of the configuration: nothing of the caller is told that it does not ask for.
      const saw = { [judgement.kind]: judgement.roles.join(' ').slice(0, MAX_SEEN_CHARACTERS) }
      return refuse(roleFaults[judgement.kind](), { saw })
    }

    const decideOnce = oncePerPrincipal(decide)
    return {
      onRequest: ({ principal }) =>
        principal === undefined ? refuse(roleFaults.unknown()) : decideOnce(principal),
    }
  },
}
