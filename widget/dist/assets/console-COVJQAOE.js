import"./chunk-VTG3NUTY.js";import"./chunk-CGMYA4C2.js";import"./chunk-46XMDA2S.js";import"./chunk-M2TK3NC7.js";
