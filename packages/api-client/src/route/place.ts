import { name, z } from '@portcullis/kernel/schema'
import { kinds } from '@portcullis/model/resource/resource'

export const kind = z.enum(kinds)

export const inOrganization = z.strictObject({ organization: name() })
export const ofResource = inOrganization.extend({ kind, name: name() })
export const ofApp = inOrganization.extend({ app: name() })
export const ofCredential = ofApp.extend({ credential: z.string().max(64) })
export const ofUser = inOrganization.extend({ user: name() })
export const ofAccountLink = inOrganization.extend({ link: z.string().max(64) })
export const inEnvironment = inOrganization.extend({ environment: name() })
export const ofEntitlement = inOrganization.extend({ id: z.string().max(64) })
export const ofApproval = inOrganization.extend({ id: z.string().max(64) })
export const ofDecision = inOrganization.extend({ id: z.string().max(64) })
