import"./chunk-FRM6NT2S.js";import"./chunk-JWBK5MWI.js";import"./chunk-L3KPGGX7.js";import"./chunk-HTG2TX4G.js";import"./chunk-ZT74UABP.js";
