import"./chunk-4Z3G63F7.js";import"./chunk-UYBHP7VF.js";import"./chunk-OWW25633.js";import"./chunk-HTG2TX4G.js";import"./chunk-ZT74UABP.js";
