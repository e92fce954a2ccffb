/** Families of quantizers by their id in the manifest. Others show the manifest's own label. */
export const quantizers = {
  upTo: 'up to {{value}} kbps',
  exactly: '{{value}} kbps',
  ceiling: 'unquantised',
  families: {
    none: {
      short: 'None',
      name: 'Unquantised',
      how: 'The same network without the bottleneck: the ceiling.',
    },
    vq: {
      short: 'VQ',
      name: 'Vector quantization',
      how: 'One codebook: each frame becomes its nearest entry.',
    },
    rvq: {
      short: 'RVQ',
      name: 'Residual vector quantization',
      how: 'Each codebook codes what the ones before it left over.',
    },
    pq: {
      short: 'PQ',
      name: 'Product quantization',
      how: 'The frame is cut into parts, each with a codebook of its own.',
    },
    gumbel: {
      short: 'Gumbel',
      name: 'Gumbel-Softmax',
      how: 'Entries are drawn with noise while training, picked by score in use.',
    },
    fsq: {
      short: 'FSQ',
      name: 'Finite scalar quantization',
      how: 'No codebook to learn: each value is rounded to a few levels.',
    },
    lfq: {
      short: 'LFQ',
      name: 'Lookup-free quantization',
      how: 'The sign of each value is one bit of the code.',
    },
    bsq: {
      short: 'BSQ',
      name: 'Binary spherical quantization',
      how: 'Values are put on a sphere; the sign of each is one bit.',
    },
    simvq: {
      short: 'SimVQ',
      name: 'Reparametrised vector quantization',
      how: 'All entries move together through one learned linear map.',
    },
    grvq: {
      short: 'GRVQ',
      name: 'Grouped residual quantization',
      how: 'The frame is cut into groups, each with residual codebooks.',
    },
  },
} as const;
