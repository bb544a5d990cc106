import { z } from '@portcullis/kernel/schema'

export const agentLists = ['scanner', 'copier', 'trainer'] as const
export const agentList = z.enum(agentLists)
export type AgentList = z.infer<typeof agentList>

/** Parts of the User-Agent that tools send unless they are told otherwise, in lower case. */
export const agents: Readonly<Record<AgentList, readonly string[]>> = {
  scanner: [
    'acunetix',
    'arachni',
    'burpcollaborator',
    'commix',
    'dirbuster',
    'feroxbuster',
    'ffuf/',
    'fuzz faster u fool',
    'gobuster',
    'jaeles',
    'masscan',
    'netsparker',
    'nikto',
    'nmap scripting engine',
    'nuclei',
    'openvas',
    'owasp zap',
    'qualys',
    'sqlmap',
    'sqlninja',
    'w3af',
    'wfuzz',
    'whatweb',
    'wpscan',
    'zgrab',
  ],
  copier: ['httrack', 'offline explorer', 'scrapy', 'teleport pro', 'webcopier', 'website quester', 'webzip'],
  trainer: [
    'amazonbot',
    'anthropic-ai',
    'applebot-extended',
    'bytespider',
    'ccbot/',
    'claudebot',
    'diffbot',
    'google-extended',
    'gptbot',
    'meta-externalagent',
    'omgili',
    'perplexitybot',
  ],
}
