import"./chunk-K47LWTRU.js";import"./chunk-BNYJ5KQY.js";import"./chunk-VKDOA7AQ.js";import"./chunk-S7TGXSWQ.js";import"./chunk-O6TJHFSD.js";
