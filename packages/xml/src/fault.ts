import { defineFaults } from '@portcullis/kernel/fault'

export const xmlFaults = defineFaults('xml', {
  malformed: {
    status: 400,
    title: 'It is no well-formed XML',
    remedy: 'Send a document of XML 1.0 in UTF-8, with every prefix declared (Namespaces in XML 1.0).',
  },
  forbidden: {
    status: 400,
    title: 'The XML has something in it that is not taken',
    remedy: 'Leave out document types, entities of your own and processing instructions.',
  },
  'too-large': {
    status: 413,
    title: 'The XML is too large',
    remedy: 'Send a document with fewer or less deeply nested elements.',
  },
})
