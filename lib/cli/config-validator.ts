// @ts-nocheck generated of lib/cli/settings.ts by npm run build:validator
/* c8 ignore start */
"use strict";
export const validate = validate10;
export default validate10;
const schema11 = {"$id":"validate","type":"object","description":"an object, or a function that returns one","additionalProperties":false,"properties":{"app":{"type":"string","pattern":"\\S","description":"a text that is not empty"},"workers":{"anyOf":[{"const":"auto"},{"type":"integer","minimum":1,"maximum":1024}],"default":"auto","description":"'auto' or an integer from 1 to 1024"},"port":{"type":"integer","minimum":0,"maximum":65535,"description":"an integer from 0 to 65535","default":3000},"address":{"type":"string","pattern":"\\S","description":"a text that is not empty"},"socket":{"type":"string","pattern":"\\S","description":"a text that is not empty"},"fd":{"type":"integer","minimum":0,"maximum":2147483647,"description":"an integer from 0 to 2147483647"},"prefix":{"type":"string","description":"a text"},"options":{"type":"boolean","description":"true or false","default":false},"import":{"type":"array","items":{"type":"string","pattern":"\\S","description":"a text that is not empty"},"description":"an array of texts"},"watch":{"type":"boolean","description":"true or false","default":false},"watchIgnore":{"type":"array","items":{"type":"string","pattern":"\\S","description":"a text that is not empty"},"description":"an array of texts"},"name":{"type":"string","pattern":"^(?=.*\\S)[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]{1,64}$","description":"1 to 64 printable characters"},"pidfile":{"type":"string","pattern":"\\S","description":"a text that is not empty"},"logLevel":{"enum":["trace","debug","info","warn","error","fatal","silent"],"default":"info","description":"one of 'trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'"},"prettyLogs":{"type":"boolean","description":"true or false"},"pluginTimeout":{"type":"integer","minimum":0,"maximum":2147483647,"description":"an integer from 0 to 2147483647","default":10000},"bodyLimit":{"type":"integer","minimum":1,"description":"an integer from 1 on"},"inspect":{"type":["boolean","integer","string"],"minimum":0,"maximum":65535,"pattern":"^(.+:)?\\d{1,5}$","description":"true, false, a port, or a text like '127.0.0.1:9229'"},"inspectBrk":{"type":["boolean","integer","string"],"minimum":0,"maximum":65535,"pattern":"^(.+:)?\\d{1,5}$","description":"true, false, a port, or a text like '127.0.0.1:9229'"},"inspectWorker":{"type":"integer","minimum":0,"maximum":1023,"description":"an integer from 0 to 1023","default":0},"grace":{"type":"integer","minimum":0,"maximum":2147482647,"default":10000,"description":"an integer from 0 to 2147482647 (milliseconds)"},"bootTimeout":{"type":"integer","minimum":0,"maximum":2147483647,"default":30000,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for no limit)"},"livenessTimeout":{"anyOf":[{"const":0},{"type":"integer","minimum":2000,"maximum":2147483647}],"default":30000,"description":"0 (never) or an integer from 2000 to 2147483647 (milliseconds)"},"closeDelay":{"type":"integer","minimum":0,"maximum":2147483647,"default":0,"description":"an integer from 0 to 2147483647 (milliseconds)"},"user":{"type":["integer","string"],"minimum":0,"maximum":2147483647,"pattern":"^[^\\s:-][^\\s:]*$","description":"a name or an integer from 0 to 2147483647"},"group":{"type":["integer","string"],"minimum":0,"maximum":2147483647,"pattern":"^[^\\s:-][^\\s:]*$","description":"a name or an integer from 0 to 2147483647"},"socketMode":{"type":["integer","string"],"minimum":0,"maximum":511,"pattern":"^0?[0-7]{3}$","description":"a number up to 0o777, or octal digits like '660'"},"onWorkerStart":{"isFunction":true,"description":"a function"},"onWorkerExit":{"isFunction":true,"description":"a function"},"lane":{"enum":["auto","native","ipc"],"default":"auto","description":"'auto', 'native' or 'ipc'"},"takeBackAfter":{"type":"integer","minimum":0,"maximum":2147483647,"default":2,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for never)"},"policy":{"anyOf":[{"enum":["round-robin","least-connections","sticky"]},{"isFunction":true}],"default":"round-robin","description":"'round-robin', 'least-connections', 'sticky' or a function"},"stickyWait":{"type":"integer","minimum":0,"maximum":2147483647,"default":1000,"description":"an integer from 0 to 2147483647 (milliseconds)"},"stickyIpv6Prefix":{"type":"integer","minimum":1,"maximum":128,"default":64,"description":"an integer from 1 to 128 (bits)"},"stallAfter":{"type":"integer","minimum":20,"maximum":2147483647,"default":50,"description":"an integer from 20 to 2147483647 (milliseconds)"},"maxPending":{"type":"integer","minimum":1,"maximum":1048576,"default":1024,"description":"an integer from 1 to 1048576"},"onOverload":{"enum":["wait","shed"],"default":"wait","description":"'wait' or 'shed'"},"pendingTimeout":{"type":"integer","minimum":0,"maximum":2147483647,"default":10000,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for no limit)"},"maxConnectionsPerWorker":{"type":"integer","minimum":1,"maximum":1048576,"description":"an integer from 1 to 1048576"},"ticketLifetime":{"type":"integer","minimum":0,"maximum":2147483647,"default":43200000,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for ever)"},"control":{"type":["boolean","string"],"pattern":".","default":true,"description":"true, false or a path"},"admin":{"type":["integer","string","object"],"minimum":0,"maximum":65535,"pattern":"^(.+:)?\\d{1,5}$","additionalProperties":false,"required":["port"],"properties":{"port":{"type":"integer","minimum":0,"maximum":65535,"description":"an integer from 0 to 65535"},"host":{"type":"string","pattern":".","description":"an address or the name of a host"},"token":{"type":"string","pattern":"^[A-Za-z0-9._~+/-]{16,}=*$","writeOnly":true,"description":"at least 16 letters, digits or any of ._~+/-"},"hosts":{"type":"array","items":{"type":"string","pattern":".","description":"the name of a host"},"description":"an array of host names"}},"description":"a port, a text like '127.0.0.1:9000', or an object with a port"},"reload":{"type":"object","additionalProperties":false,"properties":{"concurrency":{"type":"integer","minimum":1,"maximum":1024,"default":1,"description":"an integer from 1 to 1024"}},"default":{},"description":"an object"},"recycle":{"type":"object","additionalProperties":false,"properties":{"requests":{"type":"integer","minimum":1,"description":"an integer from 1 on"},"rss":{"type":["integer","string"],"minimum":1,"pattern":"^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$","description":"bytes, an integer from 1 on, or a text like '512mb'"},"age":{"type":"integer","minimum":1,"description":"an integer from 1 on (milliseconds)"},"jitter":{"type":"number","minimum":0,"maximum":1,"default":0.1,"description":"a number from 0 to 1"}},"default":{},"description":"an object"},"maxRestarts":{"type":"object","additionalProperties":false,"properties":{"count":{"type":"integer","minimum":0,"maximum":1000000,"description":"an integer from 0 to 1000000"},"within":{"type":"integer","minimum":1,"maximum":2147483647,"default":60000,"description":"an integer from 1 to 2147483647 (milliseconds)"}},"default":{},"description":"an object"},"saturation":{"type":"object","additionalProperties":false,"properties":{"utilization":{"type":"number","exclusiveMinimum":0,"maximum":1,"description":"a number over 0, up to 1"},"delay":{"type":"integer","minimum":1,"maximum":2147483647,"description":"an integer from 1 to 2147483647 (milliseconds)"}},"default":{},"description":"an object"}}};
const func2 = Object.prototype.hasOwnProperty;
const pattern0 = new RegExp("\\S", "u");
const pattern5 = new RegExp("^(?=.*\\S)[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]{1,64}$", "u");
const pattern7 = new RegExp("^(.+:)?\\d{1,5}$", "u");
const pattern9 = new RegExp("^[^\\s:-][^\\s:]*$", "u");
const pattern11 = new RegExp("^0?[0-7]{3}$", "u");
const pattern12 = new RegExp(".", "u");
const pattern15 = new RegExp("^[A-Za-z0-9._~+/-]{16,}=*$", "u");
const pattern17 = new RegExp("^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$", "u");

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="validate" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema11.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.app !== undefined){
let data0 = data.app;
if(typeof data0 === "string"){
if(!pattern0.test(data0)){
const err1 = {instancePath:instancePath+"/app",schemaPath:"#/properties/app/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema11.properties.app,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
else {
const err2 = {instancePath:instancePath+"/app",schemaPath:"#/properties/app/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.app.type,parentSchema:schema11.properties.app,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.workers !== undefined){
let data1 = data.workers;
const _errs5 = errors;
let valid1 = false;
const _errs6 = errors;
if("auto" !== data1){
const err3 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf/0/const",keyword:"const",params:{allowedValue: "auto"},message:"must be equal to constant",schema:"auto",parentSchema:schema11.properties.workers.anyOf[0],data:data1};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var _valid0 = _errs6 === errors;
valid1 = valid1 || _valid0;
if(!valid1){
const _errs7 = errors;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err4 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf/1/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.workers.anyOf[1].type,parentSchema:schema11.properties.workers.anyOf[1],data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 1024 || isNaN(data1)){
const err5 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf/1/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1024},message:"must be <= 1024",schema:1024,parentSchema:schema11.properties.workers.anyOf[1],data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data1 < 1 || isNaN(data1)){
const err6 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf/1/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.workers.anyOf[1],data:data1};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
var _valid0 = _errs7 === errors;
valid1 = valid1 || _valid0;
}
if(!valid1){
const err7 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema11.properties.workers.anyOf,parentSchema:schema11.properties.workers,data:data1};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
else {
errors = _errs5;
if(vErrors !== null){
if(_errs5){
vErrors.length = _errs5;
}
else {
vErrors = null;
}
}
}
}
if(data.port !== undefined){
let data2 = data.port;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err8 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.port.type,parentSchema:schema11.properties.port,data:data2};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 65535 || isNaN(data2)){
const err9 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema11.properties.port,data:data2};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err10 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.port,data:data2};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
if(data.address !== undefined){
let data3 = data.address;
if(typeof data3 === "string"){
if(!pattern0.test(data3)){
const err11 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema11.properties.address,data:data3};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.address.type,parentSchema:schema11.properties.address,data:data3};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.socket !== undefined){
let data4 = data.socket;
if(typeof data4 === "string"){
if(!pattern0.test(data4)){
const err13 = {instancePath:instancePath+"/socket",schemaPath:"#/properties/socket/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema11.properties.socket,data:data4};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
else {
const err14 = {instancePath:instancePath+"/socket",schemaPath:"#/properties/socket/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.socket.type,parentSchema:schema11.properties.socket,data:data4};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data.fd !== undefined){
let data5 = data.fd;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err15 = {instancePath:instancePath+"/fd",schemaPath:"#/properties/fd/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.fd.type,parentSchema:schema11.properties.fd,data:data5};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 2147483647 || isNaN(data5)){
const err16 = {instancePath:instancePath+"/fd",schemaPath:"#/properties/fd/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.fd,data:data5};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
if(data5 < 0 || isNaN(data5)){
const err17 = {instancePath:instancePath+"/fd",schemaPath:"#/properties/fd/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.fd,data:data5};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
}
if(data.prefix !== undefined){
let data6 = data.prefix;
if(typeof data6 !== "string"){
const err18 = {instancePath:instancePath+"/prefix",schemaPath:"#/properties/prefix/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.prefix.type,parentSchema:schema11.properties.prefix,data:data6};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data.options !== undefined){
let data7 = data.options;
if(typeof data7 !== "boolean"){
const err19 = {instancePath:instancePath+"/options",schemaPath:"#/properties/options/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema11.properties.options.type,parentSchema:schema11.properties.options,data:data7};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data.import !== undefined){
let data8 = data.import;
if(Array.isArray(data8)){
const len0 = data8.length;
for(let i0=0; i0<len0; i0++){
let data9 = data8[i0];
if(typeof data9 === "string"){
if(!pattern0.test(data9)){
const err20 = {instancePath:instancePath+"/import/" + i0,schemaPath:"#/properties/import/items/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema11.properties.import.items,data:data9};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
else {
const err21 = {instancePath:instancePath+"/import/" + i0,schemaPath:"#/properties/import/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.import.items.type,parentSchema:schema11.properties.import.items,data:data9};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
else {
const err22 = {instancePath:instancePath+"/import",schemaPath:"#/properties/import/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema11.properties.import.type,parentSchema:schema11.properties.import,data:data8};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
if(data.watch !== undefined){
let data10 = data.watch;
if(typeof data10 !== "boolean"){
const err23 = {instancePath:instancePath+"/watch",schemaPath:"#/properties/watch/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema11.properties.watch.type,parentSchema:schema11.properties.watch,data:data10};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data.watchIgnore !== undefined){
let data11 = data.watchIgnore;
if(Array.isArray(data11)){
const len1 = data11.length;
for(let i1=0; i1<len1; i1++){
let data12 = data11[i1];
if(typeof data12 === "string"){
if(!pattern0.test(data12)){
const err24 = {instancePath:instancePath+"/watchIgnore/" + i1,schemaPath:"#/properties/watchIgnore/items/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema11.properties.watchIgnore.items,data:data12};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
else {
const err25 = {instancePath:instancePath+"/watchIgnore/" + i1,schemaPath:"#/properties/watchIgnore/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.watchIgnore.items.type,parentSchema:schema11.properties.watchIgnore.items,data:data12};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
}
else {
const err26 = {instancePath:instancePath+"/watchIgnore",schemaPath:"#/properties/watchIgnore/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema11.properties.watchIgnore.type,parentSchema:schema11.properties.watchIgnore,data:data11};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
if(data.name !== undefined){
let data13 = data.name;
if(typeof data13 === "string"){
if(!pattern5.test(data13)){
const err27 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/pattern",keyword:"pattern",params:{pattern: "^(?=.*\\S)[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]{1,64}$"},message:"must match pattern \""+"^(?=.*\\S)[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]{1,64}$"+"\"",schema:"^(?=.*\\S)[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]{1,64}$",parentSchema:schema11.properties.name,data:data13};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
else {
const err28 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.name.type,parentSchema:schema11.properties.name,data:data13};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
if(data.pidfile !== undefined){
let data14 = data.pidfile;
if(typeof data14 === "string"){
if(!pattern0.test(data14)){
const err29 = {instancePath:instancePath+"/pidfile",schemaPath:"#/properties/pidfile/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema11.properties.pidfile,data:data14};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
else {
const err30 = {instancePath:instancePath+"/pidfile",schemaPath:"#/properties/pidfile/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.pidfile.type,parentSchema:schema11.properties.pidfile,data:data14};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
if(data.logLevel !== undefined){
let data15 = data.logLevel;
if(!(((((((data15 === "trace") || (data15 === "debug")) || (data15 === "info")) || (data15 === "warn")) || (data15 === "error")) || (data15 === "fatal")) || (data15 === "silent"))){
const err31 = {instancePath:instancePath+"/logLevel",schemaPath:"#/properties/logLevel/enum",keyword:"enum",params:{allowedValues: schema11.properties.logLevel.enum},message:"must be equal to one of the allowed values",schema:schema11.properties.logLevel.enum,parentSchema:schema11.properties.logLevel,data:data15};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data.prettyLogs !== undefined){
let data16 = data.prettyLogs;
if(typeof data16 !== "boolean"){
const err32 = {instancePath:instancePath+"/prettyLogs",schemaPath:"#/properties/prettyLogs/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema11.properties.prettyLogs.type,parentSchema:schema11.properties.prettyLogs,data:data16};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data.pluginTimeout !== undefined){
let data17 = data.pluginTimeout;
if(!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))){
const err33 = {instancePath:instancePath+"/pluginTimeout",schemaPath:"#/properties/pluginTimeout/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.pluginTimeout.type,parentSchema:schema11.properties.pluginTimeout,data:data17};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 2147483647 || isNaN(data17)){
const err34 = {instancePath:instancePath+"/pluginTimeout",schemaPath:"#/properties/pluginTimeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.pluginTimeout,data:data17};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
if(data17 < 0 || isNaN(data17)){
const err35 = {instancePath:instancePath+"/pluginTimeout",schemaPath:"#/properties/pluginTimeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.pluginTimeout,data:data17};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
}
if(data.bodyLimit !== undefined){
let data18 = data.bodyLimit;
if(!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))){
const err36 = {instancePath:instancePath+"/bodyLimit",schemaPath:"#/properties/bodyLimit/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.bodyLimit.type,parentSchema:schema11.properties.bodyLimit,data:data18};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 < 1 || isNaN(data18)){
const err37 = {instancePath:instancePath+"/bodyLimit",schemaPath:"#/properties/bodyLimit/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.bodyLimit,data:data18};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
}
if(data.inspect !== undefined){
let data19 = data.inspect;
if(((typeof data19 !== "boolean") && (!(((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19))) && (isFinite(data19))))) && (typeof data19 !== "string")){
const err38 = {instancePath:instancePath+"/inspect",schemaPath:"#/properties/inspect/type",keyword:"type",params:{type: schema11.properties.inspect.type},message:"must be boolean,integer,string",schema:schema11.properties.inspect.type,parentSchema:schema11.properties.inspect,data:data19};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 65535 || isNaN(data19)){
const err39 = {instancePath:instancePath+"/inspect",schemaPath:"#/properties/inspect/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema11.properties.inspect,data:data19};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
if(data19 < 0 || isNaN(data19)){
const err40 = {instancePath:instancePath+"/inspect",schemaPath:"#/properties/inspect/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.inspect,data:data19};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(typeof data19 === "string"){
if(!pattern7.test(data19)){
const err41 = {instancePath:instancePath+"/inspect",schemaPath:"#/properties/inspect/pattern",keyword:"pattern",params:{pattern: "^(.+:)?\\d{1,5}$"},message:"must match pattern \""+"^(.+:)?\\d{1,5}$"+"\"",schema:"^(.+:)?\\d{1,5}$",parentSchema:schema11.properties.inspect,data:data19};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
}
if(data.inspectBrk !== undefined){
let data20 = data.inspectBrk;
if(((typeof data20 !== "boolean") && (!(((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20))) && (isFinite(data20))))) && (typeof data20 !== "string")){
const err42 = {instancePath:instancePath+"/inspectBrk",schemaPath:"#/properties/inspectBrk/type",keyword:"type",params:{type: schema11.properties.inspectBrk.type},message:"must be boolean,integer,string",schema:schema11.properties.inspectBrk.type,parentSchema:schema11.properties.inspectBrk,data:data20};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 > 65535 || isNaN(data20)){
const err43 = {instancePath:instancePath+"/inspectBrk",schemaPath:"#/properties/inspectBrk/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema11.properties.inspectBrk,data:data20};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
if(data20 < 0 || isNaN(data20)){
const err44 = {instancePath:instancePath+"/inspectBrk",schemaPath:"#/properties/inspectBrk/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.inspectBrk,data:data20};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
if(typeof data20 === "string"){
if(!pattern7.test(data20)){
const err45 = {instancePath:instancePath+"/inspectBrk",schemaPath:"#/properties/inspectBrk/pattern",keyword:"pattern",params:{pattern: "^(.+:)?\\d{1,5}$"},message:"must match pattern \""+"^(.+:)?\\d{1,5}$"+"\"",schema:"^(.+:)?\\d{1,5}$",parentSchema:schema11.properties.inspectBrk,data:data20};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
}
if(data.inspectWorker !== undefined){
let data21 = data.inspectWorker;
if(!(((typeof data21 == "number") && (!(data21 % 1) && !isNaN(data21))) && (isFinite(data21)))){
const err46 = {instancePath:instancePath+"/inspectWorker",schemaPath:"#/properties/inspectWorker/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.inspectWorker.type,parentSchema:schema11.properties.inspectWorker,data:data21};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
if((typeof data21 == "number") && (isFinite(data21))){
if(data21 > 1023 || isNaN(data21)){
const err47 = {instancePath:instancePath+"/inspectWorker",schemaPath:"#/properties/inspectWorker/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1023},message:"must be <= 1023",schema:1023,parentSchema:schema11.properties.inspectWorker,data:data21};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
if(data21 < 0 || isNaN(data21)){
const err48 = {instancePath:instancePath+"/inspectWorker",schemaPath:"#/properties/inspectWorker/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.inspectWorker,data:data21};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
}
if(data.grace !== undefined){
let data22 = data.grace;
if(!(((typeof data22 == "number") && (!(data22 % 1) && !isNaN(data22))) && (isFinite(data22)))){
const err49 = {instancePath:instancePath+"/grace",schemaPath:"#/properties/grace/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.grace.type,parentSchema:schema11.properties.grace,data:data22};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
if((typeof data22 == "number") && (isFinite(data22))){
if(data22 > 2147482647 || isNaN(data22)){
const err50 = {instancePath:instancePath+"/grace",schemaPath:"#/properties/grace/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147482647},message:"must be <= 2147482647",schema:2147482647,parentSchema:schema11.properties.grace,data:data22};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
if(data22 < 0 || isNaN(data22)){
const err51 = {instancePath:instancePath+"/grace",schemaPath:"#/properties/grace/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.grace,data:data22};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
}
if(data.bootTimeout !== undefined){
let data23 = data.bootTimeout;
if(!(((typeof data23 == "number") && (!(data23 % 1) && !isNaN(data23))) && (isFinite(data23)))){
const err52 = {instancePath:instancePath+"/bootTimeout",schemaPath:"#/properties/bootTimeout/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.bootTimeout.type,parentSchema:schema11.properties.bootTimeout,data:data23};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
if((typeof data23 == "number") && (isFinite(data23))){
if(data23 > 2147483647 || isNaN(data23)){
const err53 = {instancePath:instancePath+"/bootTimeout",schemaPath:"#/properties/bootTimeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.bootTimeout,data:data23};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
if(data23 < 0 || isNaN(data23)){
const err54 = {instancePath:instancePath+"/bootTimeout",schemaPath:"#/properties/bootTimeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.bootTimeout,data:data23};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
}
if(data.livenessTimeout !== undefined){
let data24 = data.livenessTimeout;
const _errs53 = errors;
let valid6 = false;
const _errs54 = errors;
if(0 !== data24){
const err55 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf/0/const",keyword:"const",params:{allowedValue: 0},message:"must be equal to constant",schema:0,parentSchema:schema11.properties.livenessTimeout.anyOf[0],data:data24};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
var _valid1 = _errs54 === errors;
valid6 = valid6 || _valid1;
if(!valid6){
const _errs55 = errors;
if(!(((typeof data24 == "number") && (!(data24 % 1) && !isNaN(data24))) && (isFinite(data24)))){
const err56 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf/1/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.livenessTimeout.anyOf[1].type,parentSchema:schema11.properties.livenessTimeout.anyOf[1],data:data24};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
if((typeof data24 == "number") && (isFinite(data24))){
if(data24 > 2147483647 || isNaN(data24)){
const err57 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf/1/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.livenessTimeout.anyOf[1],data:data24};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
if(data24 < 2000 || isNaN(data24)){
const err58 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf/1/minimum",keyword:"minimum",params:{comparison: ">=", limit: 2000},message:"must be >= 2000",schema:2000,parentSchema:schema11.properties.livenessTimeout.anyOf[1],data:data24};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
}
var _valid1 = _errs55 === errors;
valid6 = valid6 || _valid1;
}
if(!valid6){
const err59 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema11.properties.livenessTimeout.anyOf,parentSchema:schema11.properties.livenessTimeout,data:data24};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
else {
errors = _errs53;
if(vErrors !== null){
if(_errs53){
vErrors.length = _errs53;
}
else {
vErrors = null;
}
}
}
}
if(data.closeDelay !== undefined){
let data25 = data.closeDelay;
if(!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))){
const err60 = {instancePath:instancePath+"/closeDelay",schemaPath:"#/properties/closeDelay/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.closeDelay.type,parentSchema:schema11.properties.closeDelay,data:data25};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
if((typeof data25 == "number") && (isFinite(data25))){
if(data25 > 2147483647 || isNaN(data25)){
const err61 = {instancePath:instancePath+"/closeDelay",schemaPath:"#/properties/closeDelay/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.closeDelay,data:data25};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
if(data25 < 0 || isNaN(data25)){
const err62 = {instancePath:instancePath+"/closeDelay",schemaPath:"#/properties/closeDelay/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.closeDelay,data:data25};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
}
if(data.user !== undefined){
let data26 = data.user;
if((!(((typeof data26 == "number") && (!(data26 % 1) && !isNaN(data26))) && (isFinite(data26)))) && (typeof data26 !== "string")){
const err63 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/type",keyword:"type",params:{type: schema11.properties.user.type},message:"must be integer,string",schema:schema11.properties.user.type,parentSchema:schema11.properties.user,data:data26};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
if((typeof data26 == "number") && (isFinite(data26))){
if(data26 > 2147483647 || isNaN(data26)){
const err64 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.user,data:data26};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
if(data26 < 0 || isNaN(data26)){
const err65 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.user,data:data26};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
if(typeof data26 === "string"){
if(!pattern9.test(data26)){
const err66 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/pattern",keyword:"pattern",params:{pattern: "^[^\\s:-][^\\s:]*$"},message:"must match pattern \""+"^[^\\s:-][^\\s:]*$"+"\"",schema:"^[^\\s:-][^\\s:]*$",parentSchema:schema11.properties.user,data:data26};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
}
}
if(data.group !== undefined){
let data27 = data.group;
if((!(((typeof data27 == "number") && (!(data27 % 1) && !isNaN(data27))) && (isFinite(data27)))) && (typeof data27 !== "string")){
const err67 = {instancePath:instancePath+"/group",schemaPath:"#/properties/group/type",keyword:"type",params:{type: schema11.properties.group.type},message:"must be integer,string",schema:schema11.properties.group.type,parentSchema:schema11.properties.group,data:data27};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
if((typeof data27 == "number") && (isFinite(data27))){
if(data27 > 2147483647 || isNaN(data27)){
const err68 = {instancePath:instancePath+"/group",schemaPath:"#/properties/group/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.group,data:data27};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
if(data27 < 0 || isNaN(data27)){
const err69 = {instancePath:instancePath+"/group",schemaPath:"#/properties/group/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.group,data:data27};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
}
if(typeof data27 === "string"){
if(!pattern9.test(data27)){
const err70 = {instancePath:instancePath+"/group",schemaPath:"#/properties/group/pattern",keyword:"pattern",params:{pattern: "^[^\\s:-][^\\s:]*$"},message:"must match pattern \""+"^[^\\s:-][^\\s:]*$"+"\"",schema:"^[^\\s:-][^\\s:]*$",parentSchema:schema11.properties.group,data:data27};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
}
if(data.socketMode !== undefined){
let data28 = data.socketMode;
if((!(((typeof data28 == "number") && (!(data28 % 1) && !isNaN(data28))) && (isFinite(data28)))) && (typeof data28 !== "string")){
const err71 = {instancePath:instancePath+"/socketMode",schemaPath:"#/properties/socketMode/type",keyword:"type",params:{type: schema11.properties.socketMode.type},message:"must be integer,string",schema:schema11.properties.socketMode.type,parentSchema:schema11.properties.socketMode,data:data28};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
if((typeof data28 == "number") && (isFinite(data28))){
if(data28 > 511 || isNaN(data28)){
const err72 = {instancePath:instancePath+"/socketMode",schemaPath:"#/properties/socketMode/maximum",keyword:"maximum",params:{comparison: "<=", limit: 511},message:"must be <= 511",schema:511,parentSchema:schema11.properties.socketMode,data:data28};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
if(data28 < 0 || isNaN(data28)){
const err73 = {instancePath:instancePath+"/socketMode",schemaPath:"#/properties/socketMode/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.socketMode,data:data28};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
}
if(typeof data28 === "string"){
if(!pattern11.test(data28)){
const err74 = {instancePath:instancePath+"/socketMode",schemaPath:"#/properties/socketMode/pattern",keyword:"pattern",params:{pattern: "^0?[0-7]{3}$"},message:"must match pattern \""+"^0?[0-7]{3}$"+"\"",schema:"^0?[0-7]{3}$",parentSchema:schema11.properties.socketMode,data:data28};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
}
}
if(data.onWorkerStart !== undefined){
let data29 = data.onWorkerStart;
if(typeof data29 !== "function"){
const err75 = {instancePath:instancePath+"/onWorkerStart",schemaPath:"#/properties/onWorkerStart/isFunction",keyword:"isFunction",params:{},message:"must pass \"isFunction\" keyword validation",schema:true,parentSchema:schema11.properties.onWorkerStart,data:data29};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
}
if(data.onWorkerExit !== undefined){
let data30 = data.onWorkerExit;
if(typeof data30 !== "function"){
const err76 = {instancePath:instancePath+"/onWorkerExit",schemaPath:"#/properties/onWorkerExit/isFunction",keyword:"isFunction",params:{},message:"must pass \"isFunction\" keyword validation",schema:true,parentSchema:schema11.properties.onWorkerExit,data:data30};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
}
if(data.lane !== undefined){
let data31 = data.lane;
if(!(((data31 === "auto") || (data31 === "native")) || (data31 === "ipc"))){
const err77 = {instancePath:instancePath+"/lane",schemaPath:"#/properties/lane/enum",keyword:"enum",params:{allowedValues: schema11.properties.lane.enum},message:"must be equal to one of the allowed values",schema:schema11.properties.lane.enum,parentSchema:schema11.properties.lane,data:data31};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
if(data.takeBackAfter !== undefined){
let data32 = data.takeBackAfter;
if(!(((typeof data32 == "number") && (!(data32 % 1) && !isNaN(data32))) && (isFinite(data32)))){
const err78 = {instancePath:instancePath+"/takeBackAfter",schemaPath:"#/properties/takeBackAfter/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.takeBackAfter.type,parentSchema:schema11.properties.takeBackAfter,data:data32};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
if((typeof data32 == "number") && (isFinite(data32))){
if(data32 > 2147483647 || isNaN(data32)){
const err79 = {instancePath:instancePath+"/takeBackAfter",schemaPath:"#/properties/takeBackAfter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.takeBackAfter,data:data32};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
if(data32 < 0 || isNaN(data32)){
const err80 = {instancePath:instancePath+"/takeBackAfter",schemaPath:"#/properties/takeBackAfter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.takeBackAfter,data:data32};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
}
if(data.policy !== undefined){
let data33 = data.policy;
const _errs71 = errors;
let valid7 = false;
const _errs72 = errors;
if(!(((data33 === "round-robin") || (data33 === "least-connections")) || (data33 === "sticky"))){
const err81 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema11.properties.policy.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema11.properties.policy.anyOf[0].enum,parentSchema:schema11.properties.policy.anyOf[0],data:data33};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
var _valid2 = _errs72 === errors;
valid7 = valid7 || _valid2;
if(!valid7){
const _errs73 = errors;
if(typeof data33 !== "function"){
const err82 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/anyOf/1/isFunction",keyword:"isFunction",params:{},message:"must pass \"isFunction\" keyword validation",schema:true,parentSchema:schema11.properties.policy.anyOf[1],data:data33};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
var _valid2 = _errs73 === errors;
valid7 = valid7 || _valid2;
}
if(!valid7){
const err83 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema11.properties.policy.anyOf,parentSchema:schema11.properties.policy,data:data33};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
else {
errors = _errs71;
if(vErrors !== null){
if(_errs71){
vErrors.length = _errs71;
}
else {
vErrors = null;
}
}
}
}
if(data.stickyWait !== undefined){
let data34 = data.stickyWait;
if(!(((typeof data34 == "number") && (!(data34 % 1) && !isNaN(data34))) && (isFinite(data34)))){
const err84 = {instancePath:instancePath+"/stickyWait",schemaPath:"#/properties/stickyWait/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.stickyWait.type,parentSchema:schema11.properties.stickyWait,data:data34};
if(vErrors === null){
vErrors = [err84];
}
else {
vErrors.push(err84);
}
errors++;
}
if((typeof data34 == "number") && (isFinite(data34))){
if(data34 > 2147483647 || isNaN(data34)){
const err85 = {instancePath:instancePath+"/stickyWait",schemaPath:"#/properties/stickyWait/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.stickyWait,data:data34};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
if(data34 < 0 || isNaN(data34)){
const err86 = {instancePath:instancePath+"/stickyWait",schemaPath:"#/properties/stickyWait/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.stickyWait,data:data34};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
}
}
if(data.stickyIpv6Prefix !== undefined){
let data35 = data.stickyIpv6Prefix;
if(!(((typeof data35 == "number") && (!(data35 % 1) && !isNaN(data35))) && (isFinite(data35)))){
const err87 = {instancePath:instancePath+"/stickyIpv6Prefix",schemaPath:"#/properties/stickyIpv6Prefix/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.stickyIpv6Prefix.type,parentSchema:schema11.properties.stickyIpv6Prefix,data:data35};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
if((typeof data35 == "number") && (isFinite(data35))){
if(data35 > 128 || isNaN(data35)){
const err88 = {instancePath:instancePath+"/stickyIpv6Prefix",schemaPath:"#/properties/stickyIpv6Prefix/maximum",keyword:"maximum",params:{comparison: "<=", limit: 128},message:"must be <= 128",schema:128,parentSchema:schema11.properties.stickyIpv6Prefix,data:data35};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
if(data35 < 1 || isNaN(data35)){
const err89 = {instancePath:instancePath+"/stickyIpv6Prefix",schemaPath:"#/properties/stickyIpv6Prefix/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.stickyIpv6Prefix,data:data35};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
}
}
if(data.stallAfter !== undefined){
let data36 = data.stallAfter;
if(!(((typeof data36 == "number") && (!(data36 % 1) && !isNaN(data36))) && (isFinite(data36)))){
const err90 = {instancePath:instancePath+"/stallAfter",schemaPath:"#/properties/stallAfter/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.stallAfter.type,parentSchema:schema11.properties.stallAfter,data:data36};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
if((typeof data36 == "number") && (isFinite(data36))){
if(data36 > 2147483647 || isNaN(data36)){
const err91 = {instancePath:instancePath+"/stallAfter",schemaPath:"#/properties/stallAfter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.stallAfter,data:data36};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
if(data36 < 20 || isNaN(data36)){
const err92 = {instancePath:instancePath+"/stallAfter",schemaPath:"#/properties/stallAfter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 20},message:"must be >= 20",schema:20,parentSchema:schema11.properties.stallAfter,data:data36};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
}
}
if(data.maxPending !== undefined){
let data37 = data.maxPending;
if(!(((typeof data37 == "number") && (!(data37 % 1) && !isNaN(data37))) && (isFinite(data37)))){
const err93 = {instancePath:instancePath+"/maxPending",schemaPath:"#/properties/maxPending/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.maxPending.type,parentSchema:schema11.properties.maxPending,data:data37};
if(vErrors === null){
vErrors = [err93];
}
else {
vErrors.push(err93);
}
errors++;
}
if((typeof data37 == "number") && (isFinite(data37))){
if(data37 > 1048576 || isNaN(data37)){
const err94 = {instancePath:instancePath+"/maxPending",schemaPath:"#/properties/maxPending/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1048576},message:"must be <= 1048576",schema:1048576,parentSchema:schema11.properties.maxPending,data:data37};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
if(data37 < 1 || isNaN(data37)){
const err95 = {instancePath:instancePath+"/maxPending",schemaPath:"#/properties/maxPending/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.maxPending,data:data37};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
}
}
if(data.onOverload !== undefined){
let data38 = data.onOverload;
if(!((data38 === "wait") || (data38 === "shed"))){
const err96 = {instancePath:instancePath+"/onOverload",schemaPath:"#/properties/onOverload/enum",keyword:"enum",params:{allowedValues: schema11.properties.onOverload.enum},message:"must be equal to one of the allowed values",schema:schema11.properties.onOverload.enum,parentSchema:schema11.properties.onOverload,data:data38};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
}
if(data.pendingTimeout !== undefined){
let data39 = data.pendingTimeout;
if(!(((typeof data39 == "number") && (!(data39 % 1) && !isNaN(data39))) && (isFinite(data39)))){
const err97 = {instancePath:instancePath+"/pendingTimeout",schemaPath:"#/properties/pendingTimeout/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.pendingTimeout.type,parentSchema:schema11.properties.pendingTimeout,data:data39};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
if((typeof data39 == "number") && (isFinite(data39))){
if(data39 > 2147483647 || isNaN(data39)){
const err98 = {instancePath:instancePath+"/pendingTimeout",schemaPath:"#/properties/pendingTimeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.pendingTimeout,data:data39};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
if(data39 < 0 || isNaN(data39)){
const err99 = {instancePath:instancePath+"/pendingTimeout",schemaPath:"#/properties/pendingTimeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.pendingTimeout,data:data39};
if(vErrors === null){
vErrors = [err99];
}
else {
vErrors.push(err99);
}
errors++;
}
}
}
if(data.maxConnectionsPerWorker !== undefined){
let data40 = data.maxConnectionsPerWorker;
if(!(((typeof data40 == "number") && (!(data40 % 1) && !isNaN(data40))) && (isFinite(data40)))){
const err100 = {instancePath:instancePath+"/maxConnectionsPerWorker",schemaPath:"#/properties/maxConnectionsPerWorker/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.maxConnectionsPerWorker.type,parentSchema:schema11.properties.maxConnectionsPerWorker,data:data40};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
if((typeof data40 == "number") && (isFinite(data40))){
if(data40 > 1048576 || isNaN(data40)){
const err101 = {instancePath:instancePath+"/maxConnectionsPerWorker",schemaPath:"#/properties/maxConnectionsPerWorker/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1048576},message:"must be <= 1048576",schema:1048576,parentSchema:schema11.properties.maxConnectionsPerWorker,data:data40};
if(vErrors === null){
vErrors = [err101];
}
else {
vErrors.push(err101);
}
errors++;
}
if(data40 < 1 || isNaN(data40)){
const err102 = {instancePath:instancePath+"/maxConnectionsPerWorker",schemaPath:"#/properties/maxConnectionsPerWorker/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.maxConnectionsPerWorker,data:data40};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
}
}
if(data.ticketLifetime !== undefined){
let data41 = data.ticketLifetime;
if(!(((typeof data41 == "number") && (!(data41 % 1) && !isNaN(data41))) && (isFinite(data41)))){
const err103 = {instancePath:instancePath+"/ticketLifetime",schemaPath:"#/properties/ticketLifetime/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.ticketLifetime.type,parentSchema:schema11.properties.ticketLifetime,data:data41};
if(vErrors === null){
vErrors = [err103];
}
else {
vErrors.push(err103);
}
errors++;
}
if((typeof data41 == "number") && (isFinite(data41))){
if(data41 > 2147483647 || isNaN(data41)){
const err104 = {instancePath:instancePath+"/ticketLifetime",schemaPath:"#/properties/ticketLifetime/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.ticketLifetime,data:data41};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
if(data41 < 0 || isNaN(data41)){
const err105 = {instancePath:instancePath+"/ticketLifetime",schemaPath:"#/properties/ticketLifetime/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.ticketLifetime,data:data41};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
}
}
if(data.control !== undefined){
let data42 = data.control;
if((typeof data42 !== "boolean") && (typeof data42 !== "string")){
const err106 = {instancePath:instancePath+"/control",schemaPath:"#/properties/control/type",keyword:"type",params:{type: schema11.properties.control.type},message:"must be boolean,string",schema:schema11.properties.control.type,parentSchema:schema11.properties.control,data:data42};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
if(typeof data42 === "string"){
if(!pattern12.test(data42)){
const err107 = {instancePath:instancePath+"/control",schemaPath:"#/properties/control/pattern",keyword:"pattern",params:{pattern: "."},message:"must match pattern \""+"."+"\"",schema:".",parentSchema:schema11.properties.control,data:data42};
if(vErrors === null){
vErrors = [err107];
}
else {
vErrors.push(err107);
}
errors++;
}
}
}
if(data.admin !== undefined){
let data43 = data.admin;
if(((!(((typeof data43 == "number") && (!(data43 % 1) && !isNaN(data43))) && (isFinite(data43)))) && (typeof data43 !== "string")) && (!(data43 && typeof data43 == "object" && !Array.isArray(data43)))){
const err108 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/type",keyword:"type",params:{type: schema11.properties.admin.type},message:"must be integer,string,object",schema:schema11.properties.admin.type,parentSchema:schema11.properties.admin,data:data43};
if(vErrors === null){
vErrors = [err108];
}
else {
vErrors.push(err108);
}
errors++;
}
if((typeof data43 == "number") && (isFinite(data43))){
if(data43 > 65535 || isNaN(data43)){
const err109 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema11.properties.admin,data:data43};
if(vErrors === null){
vErrors = [err109];
}
else {
vErrors.push(err109);
}
errors++;
}
if(data43 < 0 || isNaN(data43)){
const err110 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.admin,data:data43};
if(vErrors === null){
vErrors = [err110];
}
else {
vErrors.push(err110);
}
errors++;
}
}
if(typeof data43 === "string"){
if(!pattern7.test(data43)){
const err111 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/pattern",keyword:"pattern",params:{pattern: "^(.+:)?\\d{1,5}$"},message:"must match pattern \""+"^(.+:)?\\d{1,5}$"+"\"",schema:"^(.+:)?\\d{1,5}$",parentSchema:schema11.properties.admin,data:data43};
if(vErrors === null){
vErrors = [err111];
}
else {
vErrors.push(err111);
}
errors++;
}
}
if(data43 && typeof data43 == "object" && !Array.isArray(data43)){
if(data43.port === undefined){
const err112 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/required",keyword:"required",params:{missingProperty: "port"},message:"must have required property '"+"port"+"'",schema:schema11.properties.admin.required,parentSchema:schema11.properties.admin,data:data43};
if(vErrors === null){
vErrors = [err112];
}
else {
vErrors.push(err112);
}
errors++;
}
for(const key1 in data43){
if(!((((key1 === "port") || (key1 === "host")) || (key1 === "token")) || (key1 === "hosts"))){
const err113 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.admin,data:data43};
if(vErrors === null){
vErrors = [err113];
}
else {
vErrors.push(err113);
}
errors++;
}
}
if(data43.port !== undefined){
let data44 = data43.port;
if(!(((typeof data44 == "number") && (!(data44 % 1) && !isNaN(data44))) && (isFinite(data44)))){
const err114 = {instancePath:instancePath+"/admin/port",schemaPath:"#/properties/admin/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.admin.properties.port.type,parentSchema:schema11.properties.admin.properties.port,data:data44};
if(vErrors === null){
vErrors = [err114];
}
else {
vErrors.push(err114);
}
errors++;
}
if((typeof data44 == "number") && (isFinite(data44))){
if(data44 > 65535 || isNaN(data44)){
const err115 = {instancePath:instancePath+"/admin/port",schemaPath:"#/properties/admin/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema11.properties.admin.properties.port,data:data44};
if(vErrors === null){
vErrors = [err115];
}
else {
vErrors.push(err115);
}
errors++;
}
if(data44 < 0 || isNaN(data44)){
const err116 = {instancePath:instancePath+"/admin/port",schemaPath:"#/properties/admin/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.admin.properties.port,data:data44};
if(vErrors === null){
vErrors = [err116];
}
else {
vErrors.push(err116);
}
errors++;
}
}
}
if(data43.host !== undefined){
let data45 = data43.host;
if(typeof data45 === "string"){
if(!pattern12.test(data45)){
const err117 = {instancePath:instancePath+"/admin/host",schemaPath:"#/properties/admin/properties/host/pattern",keyword:"pattern",params:{pattern: "."},message:"must match pattern \""+"."+"\"",schema:".",parentSchema:schema11.properties.admin.properties.host,data:data45};
if(vErrors === null){
vErrors = [err117];
}
else {
vErrors.push(err117);
}
errors++;
}
}
else {
const err118 = {instancePath:instancePath+"/admin/host",schemaPath:"#/properties/admin/properties/host/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.admin.properties.host.type,parentSchema:schema11.properties.admin.properties.host,data:data45};
if(vErrors === null){
vErrors = [err118];
}
else {
vErrors.push(err118);
}
errors++;
}
}
if(data43.token !== undefined){
let data46 = data43.token;
if(typeof data46 === "string"){
if(!pattern15.test(data46)){
const err119 = {instancePath:instancePath+"/admin/token",schemaPath:"#/properties/admin/properties/token/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9._~+/-]{16,}=*$"},message:"must match pattern \""+"^[A-Za-z0-9._~+/-]{16,}=*$"+"\"",schema:"^[A-Za-z0-9._~+/-]{16,}=*$",parentSchema:schema11.properties.admin.properties.token,data:data46};
if(vErrors === null){
vErrors = [err119];
}
else {
vErrors.push(err119);
}
errors++;
}
}
else {
const err120 = {instancePath:instancePath+"/admin/token",schemaPath:"#/properties/admin/properties/token/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.admin.properties.token.type,parentSchema:schema11.properties.admin.properties.token,data:data46};
if(vErrors === null){
vErrors = [err120];
}
else {
vErrors.push(err120);
}
errors++;
}
}
if(data43.hosts !== undefined){
let data47 = data43.hosts;
if(Array.isArray(data47)){
const len2 = data47.length;
for(let i2=0; i2<len2; i2++){
let data48 = data47[i2];
if(typeof data48 === "string"){
if(!pattern12.test(data48)){
const err121 = {instancePath:instancePath+"/admin/hosts/" + i2,schemaPath:"#/properties/admin/properties/hosts/items/pattern",keyword:"pattern",params:{pattern: "."},message:"must match pattern \""+"."+"\"",schema:".",parentSchema:schema11.properties.admin.properties.hosts.items,data:data48};
if(vErrors === null){
vErrors = [err121];
}
else {
vErrors.push(err121);
}
errors++;
}
}
else {
const err122 = {instancePath:instancePath+"/admin/hosts/" + i2,schemaPath:"#/properties/admin/properties/hosts/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.admin.properties.hosts.items.type,parentSchema:schema11.properties.admin.properties.hosts.items,data:data48};
if(vErrors === null){
vErrors = [err122];
}
else {
vErrors.push(err122);
}
errors++;
}
}
}
else {
const err123 = {instancePath:instancePath+"/admin/hosts",schemaPath:"#/properties/admin/properties/hosts/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema11.properties.admin.properties.hosts.type,parentSchema:schema11.properties.admin.properties.hosts,data:data47};
if(vErrors === null){
vErrors = [err123];
}
else {
vErrors.push(err123);
}
errors++;
}
}
}
}
if(data.reload !== undefined){
let data49 = data.reload;
if(data49 && typeof data49 == "object" && !Array.isArray(data49)){
for(const key2 in data49){
if(!(key2 === "concurrency")){
const err124 = {instancePath:instancePath+"/reload",schemaPath:"#/properties/reload/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.reload,data:data49};
if(vErrors === null){
vErrors = [err124];
}
else {
vErrors.push(err124);
}
errors++;
}
}
if(data49.concurrency !== undefined){
let data50 = data49.concurrency;
if(!(((typeof data50 == "number") && (!(data50 % 1) && !isNaN(data50))) && (isFinite(data50)))){
const err125 = {instancePath:instancePath+"/reload/concurrency",schemaPath:"#/properties/reload/properties/concurrency/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.reload.properties.concurrency.type,parentSchema:schema11.properties.reload.properties.concurrency,data:data50};
if(vErrors === null){
vErrors = [err125];
}
else {
vErrors.push(err125);
}
errors++;
}
if((typeof data50 == "number") && (isFinite(data50))){
if(data50 > 1024 || isNaN(data50)){
const err126 = {instancePath:instancePath+"/reload/concurrency",schemaPath:"#/properties/reload/properties/concurrency/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1024},message:"must be <= 1024",schema:1024,parentSchema:schema11.properties.reload.properties.concurrency,data:data50};
if(vErrors === null){
vErrors = [err126];
}
else {
vErrors.push(err126);
}
errors++;
}
if(data50 < 1 || isNaN(data50)){
const err127 = {instancePath:instancePath+"/reload/concurrency",schemaPath:"#/properties/reload/properties/concurrency/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.reload.properties.concurrency,data:data50};
if(vErrors === null){
vErrors = [err127];
}
else {
vErrors.push(err127);
}
errors++;
}
}
}
}
else {
const err128 = {instancePath:instancePath+"/reload",schemaPath:"#/properties/reload/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.reload.type,parentSchema:schema11.properties.reload,data:data49};
if(vErrors === null){
vErrors = [err128];
}
else {
vErrors.push(err128);
}
errors++;
}
}
if(data.recycle !== undefined){
let data51 = data.recycle;
if(data51 && typeof data51 == "object" && !Array.isArray(data51)){
for(const key3 in data51){
if(!((((key3 === "requests") || (key3 === "rss")) || (key3 === "age")) || (key3 === "jitter"))){
const err129 = {instancePath:instancePath+"/recycle",schemaPath:"#/properties/recycle/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.recycle,data:data51};
if(vErrors === null){
vErrors = [err129];
}
else {
vErrors.push(err129);
}
errors++;
}
}
if(data51.requests !== undefined){
let data52 = data51.requests;
if(!(((typeof data52 == "number") && (!(data52 % 1) && !isNaN(data52))) && (isFinite(data52)))){
const err130 = {instancePath:instancePath+"/recycle/requests",schemaPath:"#/properties/recycle/properties/requests/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.recycle.properties.requests.type,parentSchema:schema11.properties.recycle.properties.requests,data:data52};
if(vErrors === null){
vErrors = [err130];
}
else {
vErrors.push(err130);
}
errors++;
}
if((typeof data52 == "number") && (isFinite(data52))){
if(data52 < 1 || isNaN(data52)){
const err131 = {instancePath:instancePath+"/recycle/requests",schemaPath:"#/properties/recycle/properties/requests/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.recycle.properties.requests,data:data52};
if(vErrors === null){
vErrors = [err131];
}
else {
vErrors.push(err131);
}
errors++;
}
}
}
if(data51.rss !== undefined){
let data53 = data51.rss;
if((!(((typeof data53 == "number") && (!(data53 % 1) && !isNaN(data53))) && (isFinite(data53)))) && (typeof data53 !== "string")){
const err132 = {instancePath:instancePath+"/recycle/rss",schemaPath:"#/properties/recycle/properties/rss/type",keyword:"type",params:{type: schema11.properties.recycle.properties.rss.type},message:"must be integer,string",schema:schema11.properties.recycle.properties.rss.type,parentSchema:schema11.properties.recycle.properties.rss,data:data53};
if(vErrors === null){
vErrors = [err132];
}
else {
vErrors.push(err132);
}
errors++;
}
if((typeof data53 == "number") && (isFinite(data53))){
if(data53 < 1 || isNaN(data53)){
const err133 = {instancePath:instancePath+"/recycle/rss",schemaPath:"#/properties/recycle/properties/rss/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.recycle.properties.rss,data:data53};
if(vErrors === null){
vErrors = [err133];
}
else {
vErrors.push(err133);
}
errors++;
}
}
if(typeof data53 === "string"){
if(!pattern17.test(data53)){
const err134 = {instancePath:instancePath+"/recycle/rss",schemaPath:"#/properties/recycle/properties/rss/pattern",keyword:"pattern",params:{pattern: "^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$"},message:"must match pattern \""+"^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$"+"\"",schema:"^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$",parentSchema:schema11.properties.recycle.properties.rss,data:data53};
if(vErrors === null){
vErrors = [err134];
}
else {
vErrors.push(err134);
}
errors++;
}
}
}
if(data51.age !== undefined){
let data54 = data51.age;
if(!(((typeof data54 == "number") && (!(data54 % 1) && !isNaN(data54))) && (isFinite(data54)))){
const err135 = {instancePath:instancePath+"/recycle/age",schemaPath:"#/properties/recycle/properties/age/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.recycle.properties.age.type,parentSchema:schema11.properties.recycle.properties.age,data:data54};
if(vErrors === null){
vErrors = [err135];
}
else {
vErrors.push(err135);
}
errors++;
}
if((typeof data54 == "number") && (isFinite(data54))){
if(data54 < 1 || isNaN(data54)){
const err136 = {instancePath:instancePath+"/recycle/age",schemaPath:"#/properties/recycle/properties/age/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.recycle.properties.age,data:data54};
if(vErrors === null){
vErrors = [err136];
}
else {
vErrors.push(err136);
}
errors++;
}
}
}
if(data51.jitter !== undefined){
let data55 = data51.jitter;
if((typeof data55 == "number") && (isFinite(data55))){
if(data55 > 1 || isNaN(data55)){
const err137 = {instancePath:instancePath+"/recycle/jitter",schemaPath:"#/properties/recycle/properties/jitter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1},message:"must be <= 1",schema:1,parentSchema:schema11.properties.recycle.properties.jitter,data:data55};
if(vErrors === null){
vErrors = [err137];
}
else {
vErrors.push(err137);
}
errors++;
}
if(data55 < 0 || isNaN(data55)){
const err138 = {instancePath:instancePath+"/recycle/jitter",schemaPath:"#/properties/recycle/properties/jitter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.recycle.properties.jitter,data:data55};
if(vErrors === null){
vErrors = [err138];
}
else {
vErrors.push(err138);
}
errors++;
}
}
else {
const err139 = {instancePath:instancePath+"/recycle/jitter",schemaPath:"#/properties/recycle/properties/jitter/type",keyword:"type",params:{type: "number"},message:"must be number",schema:schema11.properties.recycle.properties.jitter.type,parentSchema:schema11.properties.recycle.properties.jitter,data:data55};
if(vErrors === null){
vErrors = [err139];
}
else {
vErrors.push(err139);
}
errors++;
}
}
}
else {
const err140 = {instancePath:instancePath+"/recycle",schemaPath:"#/properties/recycle/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.recycle.type,parentSchema:schema11.properties.recycle,data:data51};
if(vErrors === null){
vErrors = [err140];
}
else {
vErrors.push(err140);
}
errors++;
}
}
if(data.maxRestarts !== undefined){
let data56 = data.maxRestarts;
if(data56 && typeof data56 == "object" && !Array.isArray(data56)){
for(const key4 in data56){
if(!((key4 === "count") || (key4 === "within"))){
const err141 = {instancePath:instancePath+"/maxRestarts",schemaPath:"#/properties/maxRestarts/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.maxRestarts,data:data56};
if(vErrors === null){
vErrors = [err141];
}
else {
vErrors.push(err141);
}
errors++;
}
}
if(data56.count !== undefined){
let data57 = data56.count;
if(!(((typeof data57 == "number") && (!(data57 % 1) && !isNaN(data57))) && (isFinite(data57)))){
const err142 = {instancePath:instancePath+"/maxRestarts/count",schemaPath:"#/properties/maxRestarts/properties/count/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.maxRestarts.properties.count.type,parentSchema:schema11.properties.maxRestarts.properties.count,data:data57};
if(vErrors === null){
vErrors = [err142];
}
else {
vErrors.push(err142);
}
errors++;
}
if((typeof data57 == "number") && (isFinite(data57))){
if(data57 > 1000000 || isNaN(data57)){
const err143 = {instancePath:instancePath+"/maxRestarts/count",schemaPath:"#/properties/maxRestarts/properties/count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000",schema:1000000,parentSchema:schema11.properties.maxRestarts.properties.count,data:data57};
if(vErrors === null){
vErrors = [err143];
}
else {
vErrors.push(err143);
}
errors++;
}
if(data57 < 0 || isNaN(data57)){
const err144 = {instancePath:instancePath+"/maxRestarts/count",schemaPath:"#/properties/maxRestarts/properties/count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.maxRestarts.properties.count,data:data57};
if(vErrors === null){
vErrors = [err144];
}
else {
vErrors.push(err144);
}
errors++;
}
}
}
if(data56.within !== undefined){
let data58 = data56.within;
if(!(((typeof data58 == "number") && (!(data58 % 1) && !isNaN(data58))) && (isFinite(data58)))){
const err145 = {instancePath:instancePath+"/maxRestarts/within",schemaPath:"#/properties/maxRestarts/properties/within/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.maxRestarts.properties.within.type,parentSchema:schema11.properties.maxRestarts.properties.within,data:data58};
if(vErrors === null){
vErrors = [err145];
}
else {
vErrors.push(err145);
}
errors++;
}
if((typeof data58 == "number") && (isFinite(data58))){
if(data58 > 2147483647 || isNaN(data58)){
const err146 = {instancePath:instancePath+"/maxRestarts/within",schemaPath:"#/properties/maxRestarts/properties/within/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.maxRestarts.properties.within,data:data58};
if(vErrors === null){
vErrors = [err146];
}
else {
vErrors.push(err146);
}
errors++;
}
if(data58 < 1 || isNaN(data58)){
const err147 = {instancePath:instancePath+"/maxRestarts/within",schemaPath:"#/properties/maxRestarts/properties/within/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.maxRestarts.properties.within,data:data58};
if(vErrors === null){
vErrors = [err147];
}
else {
vErrors.push(err147);
}
errors++;
}
}
}
}
else {
const err148 = {instancePath:instancePath+"/maxRestarts",schemaPath:"#/properties/maxRestarts/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.maxRestarts.type,parentSchema:schema11.properties.maxRestarts,data:data56};
if(vErrors === null){
vErrors = [err148];
}
else {
vErrors.push(err148);
}
errors++;
}
}
if(data.saturation !== undefined){
let data59 = data.saturation;
if(data59 && typeof data59 == "object" && !Array.isArray(data59)){
for(const key5 in data59){
if(!((key5 === "utilization") || (key5 === "delay"))){
const err149 = {instancePath:instancePath+"/saturation",schemaPath:"#/properties/saturation/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.saturation,data:data59};
if(vErrors === null){
vErrors = [err149];
}
else {
vErrors.push(err149);
}
errors++;
}
}
if(data59.utilization !== undefined){
let data60 = data59.utilization;
if((typeof data60 == "number") && (isFinite(data60))){
if(data60 > 1 || isNaN(data60)){
const err150 = {instancePath:instancePath+"/saturation/utilization",schemaPath:"#/properties/saturation/properties/utilization/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1},message:"must be <= 1",schema:1,parentSchema:schema11.properties.saturation.properties.utilization,data:data60};
if(vErrors === null){
vErrors = [err150];
}
else {
vErrors.push(err150);
}
errors++;
}
if(data60 <= 0 || isNaN(data60)){
const err151 = {instancePath:instancePath+"/saturation/utilization",schemaPath:"#/properties/saturation/properties/utilization/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0",schema:0,parentSchema:schema11.properties.saturation.properties.utilization,data:data60};
if(vErrors === null){
vErrors = [err151];
}
else {
vErrors.push(err151);
}
errors++;
}
}
else {
const err152 = {instancePath:instancePath+"/saturation/utilization",schemaPath:"#/properties/saturation/properties/utilization/type",keyword:"type",params:{type: "number"},message:"must be number",schema:schema11.properties.saturation.properties.utilization.type,parentSchema:schema11.properties.saturation.properties.utilization,data:data60};
if(vErrors === null){
vErrors = [err152];
}
else {
vErrors.push(err152);
}
errors++;
}
}
if(data59.delay !== undefined){
let data61 = data59.delay;
if(!(((typeof data61 == "number") && (!(data61 % 1) && !isNaN(data61))) && (isFinite(data61)))){
const err153 = {instancePath:instancePath+"/saturation/delay",schemaPath:"#/properties/saturation/properties/delay/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.saturation.properties.delay.type,parentSchema:schema11.properties.saturation.properties.delay,data:data61};
if(vErrors === null){
vErrors = [err153];
}
else {
vErrors.push(err153);
}
errors++;
}
if((typeof data61 == "number") && (isFinite(data61))){
if(data61 > 2147483647 || isNaN(data61)){
const err154 = {instancePath:instancePath+"/saturation/delay",schemaPath:"#/properties/saturation/properties/delay/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.saturation.properties.delay,data:data61};
if(vErrors === null){
vErrors = [err154];
}
else {
vErrors.push(err154);
}
errors++;
}
if(data61 < 1 || isNaN(data61)){
const err155 = {instancePath:instancePath+"/saturation/delay",schemaPath:"#/properties/saturation/properties/delay/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.saturation.properties.delay,data:data61};
if(vErrors === null){
vErrors = [err155];
}
else {
vErrors.push(err155);
}
errors++;
}
}
}
}
else {
const err156 = {instancePath:instancePath+"/saturation",schemaPath:"#/properties/saturation/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.saturation.type,parentSchema:schema11.properties.saturation,data:data59};
if(vErrors === null){
vErrors = [err156];
}
else {
vErrors.push(err156);
}
errors++;
}
}
}
else {
const err157 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err157];
}
else {
vErrors.push(err157);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
