// @ts-nocheck generated of lib/options-schema.ts by npm run build:validator
/* c8 ignore start */
"use strict";
export const validate = validate10;
export default validate10;
const schema11 = {"$id":"validate","type":"object","additionalProperties":false,"properties":{"workers":{"anyOf":[{"const":"auto"},{"type":"integer","minimum":0,"maximum":1024}],"default":"auto","description":"'auto' or an integer from 0 to 1024"},"grace":{"type":"integer","minimum":0,"maximum":2147482647,"default":10000,"description":"an integer from 0 to 2147482647 (milliseconds)"},"signals":{"type":"boolean","default":true,"description":"true or false"},"lane":{"enum":["auto","native","ipc"],"default":"auto","description":"'auto', 'native' or 'ipc'"},"takeBackAfter":{"type":"integer","minimum":0,"maximum":2147483647,"default":2,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for never)"},"bootTimeout":{"type":"integer","minimum":0,"maximum":2147483647,"default":30000,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for no limit)"},"readyCheck":{"isFunction":true,"description":"a function"},"reload":{"type":"object","additionalProperties":false,"properties":{"concurrency":{"type":"integer","minimum":1,"maximum":1024,"default":1,"description":"an integer from 1 to 1024"}},"default":{},"description":"an object"},"livenessTimeout":{"anyOf":[{"const":0},{"type":"integer","minimum":2000,"maximum":2147483647}],"default":30000,"description":"0 (never) or an integer from 2000 to 2147483647 (milliseconds)"},"recycle":{"type":"object","additionalProperties":false,"properties":{"requests":{"type":"integer","minimum":1,"description":"an integer from 1 on"},"rss":{"type":["integer","string"],"minimum":1,"pattern":"^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$","description":"bytes, an integer from 1 on, or a text like '512mb'"},"age":{"type":"integer","minimum":1,"description":"an integer from 1 on (milliseconds)"},"jitter":{"type":"number","minimum":0,"maximum":1,"default":0.1,"description":"a number from 0 to 1"}},"default":{},"description":"an object"},"maxRestarts":{"type":"object","additionalProperties":false,"properties":{"count":{"type":"integer","minimum":0,"maximum":1000000,"description":"an integer from 0 to 1000000"},"within":{"type":"integer","minimum":1,"maximum":2147483647,"default":60000,"description":"an integer from 1 to 2147483647 (milliseconds)"}},"default":{},"description":"an object"},"closeDelay":{"type":"integer","minimum":0,"maximum":2147483647,"default":0,"description":"an integer from 0 to 2147483647 (milliseconds)"},"user":{"type":["integer","string"],"minimum":0,"maximum":2147483647,"pattern":"^[^\\s:-][^\\s:]*$","description":"a name or an integer from 0 to 2147483647"},"group":{"type":["integer","string"],"minimum":0,"maximum":2147483647,"pattern":"^[^\\s:-][^\\s:]*$","description":"a name or an integer from 0 to 2147483647"},"socketMode":{"type":["integer","string"],"minimum":0,"maximum":511,"pattern":"^0?[0-7]{3}$","description":"a number up to 0o777, or octal digits like '660'"},"onWorkerStart":{"isFunction":true,"description":"a function"},"onWorkerExit":{"isFunction":true,"description":"a function"},"policy":{"anyOf":[{"enum":["round-robin","least-connections","sticky"]},{"isFunction":true}],"default":"round-robin","description":"'round-robin', 'least-connections', 'sticky' or a function"},"stickyWait":{"type":"integer","minimum":0,"maximum":2147483647,"default":1000,"description":"an integer from 0 to 2147483647 (milliseconds)"},"stickyIpv6Prefix":{"type":"integer","minimum":1,"maximum":128,"default":64,"description":"an integer from 1 to 128 (bits)"},"stallAfter":{"type":"integer","minimum":20,"maximum":2147483647,"default":50,"description":"an integer from 20 to 2147483647 (milliseconds)"},"saturation":{"type":"object","additionalProperties":false,"properties":{"utilization":{"type":"number","exclusiveMinimum":0,"maximum":1,"description":"a number over 0, up to 1"},"delay":{"type":"integer","minimum":1,"maximum":2147483647,"description":"an integer from 1 to 2147483647 (milliseconds)"}},"default":{},"description":"an object"},"maxPending":{"type":"integer","minimum":1,"maximum":1048576,"default":1024,"description":"an integer from 1 to 1048576"},"onOverload":{"enum":["wait","shed"],"default":"wait","description":"'wait' or 'shed'"},"pendingTimeout":{"type":"integer","minimum":0,"maximum":2147483647,"default":10000,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for no limit)"},"maxConnectionsPerWorker":{"type":"integer","minimum":1,"maximum":1048576,"description":"an integer from 1 to 1048576"},"ticketLifetime":{"type":"integer","minimum":0,"maximum":2147483647,"default":43200000,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for ever)"},"control":{"type":["boolean","string"],"pattern":".","default":true,"description":"true, false or a path"},"admin":{"type":["integer","string","object"],"minimum":0,"maximum":65535,"pattern":"^(.+:)?\\d{1,5}$","additionalProperties":false,"required":["port"],"properties":{"port":{"type":"integer","minimum":0,"maximum":65535,"description":"an integer from 0 to 65535"},"host":{"type":"string","pattern":".","description":"an address or the name of a host"},"token":{"type":"string","pattern":"^[A-Za-z0-9._~+/-]{16,}=*$","writeOnly":true,"description":"at least 16 letters, digits or any of ._~+/-"},"hosts":{"type":"array","items":{"type":"string","pattern":".","description":"the name of a host"},"description":"an array of host names"}},"description":"a port, a text like '127.0.0.1:9000', or an object with a port"}}};
const func2 = Object.prototype.hasOwnProperty;
const pattern0 = new RegExp("^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$", "u");
const pattern1 = new RegExp("^[^\\s:-][^\\s:]*$", "u");
const pattern3 = new RegExp("^0?[0-7]{3}$", "u");
const pattern4 = new RegExp(".", "u");
const pattern5 = new RegExp("^(.+:)?\\d{1,5}$", "u");
const pattern7 = new RegExp("^[A-Za-z0-9._~+/-]{16,}=*$", "u");

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="validate" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.workers === undefined){
data.workers = "auto";
}
if(data.grace === undefined){
data.grace = 10000;
}
if(data.signals === undefined){
data.signals = true;
}
if(data.lane === undefined){
data.lane = "auto";
}
if(data.takeBackAfter === undefined){
data.takeBackAfter = 2;
}
if(data.bootTimeout === undefined){
data.bootTimeout = 30000;
}
if(data.reload === undefined){
data.reload = {};
}
if(data.livenessTimeout === undefined){
data.livenessTimeout = 30000;
}
if(data.recycle === undefined){
data.recycle = {};
}
if(data.maxRestarts === undefined){
data.maxRestarts = {};
}
if(data.closeDelay === undefined){
data.closeDelay = 0;
}
if(data.policy === undefined){
data.policy = "round-robin";
}
if(data.stickyWait === undefined){
data.stickyWait = 1000;
}
if(data.stickyIpv6Prefix === undefined){
data.stickyIpv6Prefix = 64;
}
if(data.stallAfter === undefined){
data.stallAfter = 50;
}
if(data.saturation === undefined){
data.saturation = {};
}
if(data.maxPending === undefined){
data.maxPending = 1024;
}
if(data.onOverload === undefined){
data.onOverload = "wait";
}
if(data.pendingTimeout === undefined){
data.pendingTimeout = 10000;
}
if(data.ticketLifetime === undefined){
data.ticketLifetime = 43200000;
}
if(data.control === undefined){
data.control = true;
}
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
let data0 = data.workers;
const _errs3 = errors;
let valid1 = false;
const _errs4 = errors;
if("auto" !== data0){
const err1 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf/0/const",keyword:"const",params:{allowedValue: "auto"},message:"must be equal to constant",schema:"auto",parentSchema:schema11.properties.workers.anyOf[0],data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var _valid0 = _errs4 === errors;
valid1 = valid1 || _valid0;
if(!valid1){
const _errs5 = errors;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err2 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf/1/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.workers.anyOf[1].type,parentSchema:schema11.properties.workers.anyOf[1],data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 1024 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf/1/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1024},message:"must be <= 1024",schema:1024,parentSchema:schema11.properties.workers.anyOf[1],data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data0 < 0 || isNaN(data0)){
const err4 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf/1/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.workers.anyOf[1],data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
var _valid0 = _errs5 === errors;
valid1 = valid1 || _valid0;
}
if(!valid1){
const err5 = {instancePath:instancePath+"/workers",schemaPath:"#/properties/workers/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema11.properties.workers.anyOf,parentSchema:schema11.properties.workers,data:data0};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
else {
errors = _errs3;
if(vErrors !== null){
if(_errs3){
vErrors.length = _errs3;
}
else {
vErrors = null;
}
}
}
let data1 = data.grace;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err6 = {instancePath:instancePath+"/grace",schemaPath:"#/properties/grace/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.grace.type,parentSchema:schema11.properties.grace,data:data1};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 2147482647 || isNaN(data1)){
const err7 = {instancePath:instancePath+"/grace",schemaPath:"#/properties/grace/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147482647},message:"must be <= 2147482647",schema:2147482647,parentSchema:schema11.properties.grace,data:data1};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(data1 < 0 || isNaN(data1)){
const err8 = {instancePath:instancePath+"/grace",schemaPath:"#/properties/grace/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.grace,data:data1};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
let data2 = data.signals;
if(typeof data2 !== "boolean"){
const err9 = {instancePath:instancePath+"/signals",schemaPath:"#/properties/signals/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema11.properties.signals.type,parentSchema:schema11.properties.signals,data:data2};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
let data3 = data.lane;
if(!(((data3 === "auto") || (data3 === "native")) || (data3 === "ipc"))){
const err10 = {instancePath:instancePath+"/lane",schemaPath:"#/properties/lane/enum",keyword:"enum",params:{allowedValues: schema11.properties.lane.enum},message:"must be equal to one of the allowed values",schema:schema11.properties.lane.enum,parentSchema:schema11.properties.lane,data:data3};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
let data4 = data.takeBackAfter;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err11 = {instancePath:instancePath+"/takeBackAfter",schemaPath:"#/properties/takeBackAfter/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.takeBackAfter.type,parentSchema:schema11.properties.takeBackAfter,data:data4};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 2147483647 || isNaN(data4)){
const err12 = {instancePath:instancePath+"/takeBackAfter",schemaPath:"#/properties/takeBackAfter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.takeBackAfter,data:data4};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if(data4 < 0 || isNaN(data4)){
const err13 = {instancePath:instancePath+"/takeBackAfter",schemaPath:"#/properties/takeBackAfter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.takeBackAfter,data:data4};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
let data5 = data.bootTimeout;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err14 = {instancePath:instancePath+"/bootTimeout",schemaPath:"#/properties/bootTimeout/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.bootTimeout.type,parentSchema:schema11.properties.bootTimeout,data:data5};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 2147483647 || isNaN(data5)){
const err15 = {instancePath:instancePath+"/bootTimeout",schemaPath:"#/properties/bootTimeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.bootTimeout,data:data5};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if(data5 < 0 || isNaN(data5)){
const err16 = {instancePath:instancePath+"/bootTimeout",schemaPath:"#/properties/bootTimeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.bootTimeout,data:data5};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data.readyCheck !== undefined){
let data6 = data.readyCheck;
if(typeof data6 !== "function"){
const err17 = {instancePath:instancePath+"/readyCheck",schemaPath:"#/properties/readyCheck/isFunction",keyword:"isFunction",params:{},message:"must pass \"isFunction\" keyword validation",schema:true,parentSchema:schema11.properties.readyCheck,data:data6};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
let data7 = data.reload;
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
if(data7.concurrency === undefined){
data7.concurrency = 1;
}
for(const key1 in data7){
if(!(key1 === "concurrency")){
const err18 = {instancePath:instancePath+"/reload",schemaPath:"#/properties/reload/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.reload,data:data7};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
let data8 = data7.concurrency;
if(!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8)))){
const err19 = {instancePath:instancePath+"/reload/concurrency",schemaPath:"#/properties/reload/properties/concurrency/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.reload.properties.concurrency.type,parentSchema:schema11.properties.reload.properties.concurrency,data:data8};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 1024 || isNaN(data8)){
const err20 = {instancePath:instancePath+"/reload/concurrency",schemaPath:"#/properties/reload/properties/concurrency/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1024},message:"must be <= 1024",schema:1024,parentSchema:schema11.properties.reload.properties.concurrency,data:data8};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
if(data8 < 1 || isNaN(data8)){
const err21 = {instancePath:instancePath+"/reload/concurrency",schemaPath:"#/properties/reload/properties/concurrency/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.reload.properties.concurrency,data:data8};
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
const err22 = {instancePath:instancePath+"/reload",schemaPath:"#/properties/reload/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.reload.type,parentSchema:schema11.properties.reload,data:data7};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
let data9 = data.livenessTimeout;
const _errs23 = errors;
let valid3 = false;
const _errs24 = errors;
if(0 !== data9){
const err23 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf/0/const",keyword:"const",params:{allowedValue: 0},message:"must be equal to constant",schema:0,parentSchema:schema11.properties.livenessTimeout.anyOf[0],data:data9};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
var _valid1 = _errs24 === errors;
valid3 = valid3 || _valid1;
if(!valid3){
const _errs25 = errors;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
const err24 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf/1/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.livenessTimeout.anyOf[1].type,parentSchema:schema11.properties.livenessTimeout.anyOf[1],data:data9};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 2147483647 || isNaN(data9)){
const err25 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf/1/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.livenessTimeout.anyOf[1],data:data9};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
if(data9 < 2000 || isNaN(data9)){
const err26 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf/1/minimum",keyword:"minimum",params:{comparison: ">=", limit: 2000},message:"must be >= 2000",schema:2000,parentSchema:schema11.properties.livenessTimeout.anyOf[1],data:data9};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
var _valid1 = _errs25 === errors;
valid3 = valid3 || _valid1;
}
if(!valid3){
const err27 = {instancePath:instancePath+"/livenessTimeout",schemaPath:"#/properties/livenessTimeout/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema11.properties.livenessTimeout.anyOf,parentSchema:schema11.properties.livenessTimeout,data:data9};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
else {
errors = _errs23;
if(vErrors !== null){
if(_errs23){
vErrors.length = _errs23;
}
else {
vErrors = null;
}
}
}
let data10 = data.recycle;
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
if(data10.jitter === undefined){
data10.jitter = 0.1;
}
for(const key2 in data10){
if(!((((key2 === "requests") || (key2 === "rss")) || (key2 === "age")) || (key2 === "jitter"))){
const err28 = {instancePath:instancePath+"/recycle",schemaPath:"#/properties/recycle/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.recycle,data:data10};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
if(data10.requests !== undefined){
let data11 = data10.requests;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
const err29 = {instancePath:instancePath+"/recycle/requests",schemaPath:"#/properties/recycle/properties/requests/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.recycle.properties.requests.type,parentSchema:schema11.properties.recycle.properties.requests,data:data11};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 < 1 || isNaN(data11)){
const err30 = {instancePath:instancePath+"/recycle/requests",schemaPath:"#/properties/recycle/properties/requests/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.recycle.properties.requests,data:data11};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
}
if(data10.rss !== undefined){
let data12 = data10.rss;
if((!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12)))) && (typeof data12 !== "string")){
const err31 = {instancePath:instancePath+"/recycle/rss",schemaPath:"#/properties/recycle/properties/rss/type",keyword:"type",params:{type: schema11.properties.recycle.properties.rss.type},message:"must be integer,string",schema:schema11.properties.recycle.properties.rss.type,parentSchema:schema11.properties.recycle.properties.rss,data:data12};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 < 1 || isNaN(data12)){
const err32 = {instancePath:instancePath+"/recycle/rss",schemaPath:"#/properties/recycle/properties/rss/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.recycle.properties.rss,data:data12};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(typeof data12 === "string"){
if(!pattern0.test(data12)){
const err33 = {instancePath:instancePath+"/recycle/rss",schemaPath:"#/properties/recycle/properties/rss/pattern",keyword:"pattern",params:{pattern: "^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$"},message:"must match pattern \""+"^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$"+"\"",schema:"^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$",parentSchema:schema11.properties.recycle.properties.rss,data:data12};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
}
if(data10.age !== undefined){
let data13 = data10.age;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
const err34 = {instancePath:instancePath+"/recycle/age",schemaPath:"#/properties/recycle/properties/age/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.recycle.properties.age.type,parentSchema:schema11.properties.recycle.properties.age,data:data13};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 < 1 || isNaN(data13)){
const err35 = {instancePath:instancePath+"/recycle/age",schemaPath:"#/properties/recycle/properties/age/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.recycle.properties.age,data:data13};
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
let data14 = data10.jitter;
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 1 || isNaN(data14)){
const err36 = {instancePath:instancePath+"/recycle/jitter",schemaPath:"#/properties/recycle/properties/jitter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1},message:"must be <= 1",schema:1,parentSchema:schema11.properties.recycle.properties.jitter,data:data14};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if(data14 < 0 || isNaN(data14)){
const err37 = {instancePath:instancePath+"/recycle/jitter",schemaPath:"#/properties/recycle/properties/jitter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.recycle.properties.jitter,data:data14};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
else {
const err38 = {instancePath:instancePath+"/recycle/jitter",schemaPath:"#/properties/recycle/properties/jitter/type",keyword:"type",params:{type: "number"},message:"must be number",schema:schema11.properties.recycle.properties.jitter.type,parentSchema:schema11.properties.recycle.properties.jitter,data:data14};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
else {
const err39 = {instancePath:instancePath+"/recycle",schemaPath:"#/properties/recycle/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.recycle.type,parentSchema:schema11.properties.recycle,data:data10};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
let data15 = data.maxRestarts;
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
if(data15.within === undefined){
data15.within = 60000;
}
for(const key3 in data15){
if(!((key3 === "count") || (key3 === "within"))){
const err40 = {instancePath:instancePath+"/maxRestarts",schemaPath:"#/properties/maxRestarts/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.maxRestarts,data:data15};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data15.count !== undefined){
let data16 = data15.count;
if(!(((typeof data16 == "number") && (!(data16 % 1) && !isNaN(data16))) && (isFinite(data16)))){
const err41 = {instancePath:instancePath+"/maxRestarts/count",schemaPath:"#/properties/maxRestarts/properties/count/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.maxRestarts.properties.count.type,parentSchema:schema11.properties.maxRestarts.properties.count,data:data16};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
if((typeof data16 == "number") && (isFinite(data16))){
if(data16 > 1000000 || isNaN(data16)){
const err42 = {instancePath:instancePath+"/maxRestarts/count",schemaPath:"#/properties/maxRestarts/properties/count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000",schema:1000000,parentSchema:schema11.properties.maxRestarts.properties.count,data:data16};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
if(data16 < 0 || isNaN(data16)){
const err43 = {instancePath:instancePath+"/maxRestarts/count",schemaPath:"#/properties/maxRestarts/properties/count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.maxRestarts.properties.count,data:data16};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
}
let data17 = data15.within;
if(!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))){
const err44 = {instancePath:instancePath+"/maxRestarts/within",schemaPath:"#/properties/maxRestarts/properties/within/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.maxRestarts.properties.within.type,parentSchema:schema11.properties.maxRestarts.properties.within,data:data17};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 2147483647 || isNaN(data17)){
const err45 = {instancePath:instancePath+"/maxRestarts/within",schemaPath:"#/properties/maxRestarts/properties/within/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.maxRestarts.properties.within,data:data17};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
if(data17 < 1 || isNaN(data17)){
const err46 = {instancePath:instancePath+"/maxRestarts/within",schemaPath:"#/properties/maxRestarts/properties/within/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.maxRestarts.properties.within,data:data17};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
}
else {
const err47 = {instancePath:instancePath+"/maxRestarts",schemaPath:"#/properties/maxRestarts/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.maxRestarts.type,parentSchema:schema11.properties.maxRestarts,data:data15};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
let data18 = data.closeDelay;
if(!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))){
const err48 = {instancePath:instancePath+"/closeDelay",schemaPath:"#/properties/closeDelay/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.closeDelay.type,parentSchema:schema11.properties.closeDelay,data:data18};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 2147483647 || isNaN(data18)){
const err49 = {instancePath:instancePath+"/closeDelay",schemaPath:"#/properties/closeDelay/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.closeDelay,data:data18};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
if(data18 < 0 || isNaN(data18)){
const err50 = {instancePath:instancePath+"/closeDelay",schemaPath:"#/properties/closeDelay/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.closeDelay,data:data18};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data.user !== undefined){
let data19 = data.user;
if((!(((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19))) && (isFinite(data19)))) && (typeof data19 !== "string")){
const err51 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/type",keyword:"type",params:{type: schema11.properties.user.type},message:"must be integer,string",schema:schema11.properties.user.type,parentSchema:schema11.properties.user,data:data19};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 2147483647 || isNaN(data19)){
const err52 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.user,data:data19};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
if(data19 < 0 || isNaN(data19)){
const err53 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.user,data:data19};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
if(typeof data19 === "string"){
if(!pattern1.test(data19)){
const err54 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/pattern",keyword:"pattern",params:{pattern: "^[^\\s:-][^\\s:]*$"},message:"must match pattern \""+"^[^\\s:-][^\\s:]*$"+"\"",schema:"^[^\\s:-][^\\s:]*$",parentSchema:schema11.properties.user,data:data19};
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
if(data.group !== undefined){
let data20 = data.group;
if((!(((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20))) && (isFinite(data20)))) && (typeof data20 !== "string")){
const err55 = {instancePath:instancePath+"/group",schemaPath:"#/properties/group/type",keyword:"type",params:{type: schema11.properties.group.type},message:"must be integer,string",schema:schema11.properties.group.type,parentSchema:schema11.properties.group,data:data20};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 > 2147483647 || isNaN(data20)){
const err56 = {instancePath:instancePath+"/group",schemaPath:"#/properties/group/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.group,data:data20};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
if(data20 < 0 || isNaN(data20)){
const err57 = {instancePath:instancePath+"/group",schemaPath:"#/properties/group/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.group,data:data20};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
if(typeof data20 === "string"){
if(!pattern1.test(data20)){
const err58 = {instancePath:instancePath+"/group",schemaPath:"#/properties/group/pattern",keyword:"pattern",params:{pattern: "^[^\\s:-][^\\s:]*$"},message:"must match pattern \""+"^[^\\s:-][^\\s:]*$"+"\"",schema:"^[^\\s:-][^\\s:]*$",parentSchema:schema11.properties.group,data:data20};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
}
}
if(data.socketMode !== undefined){
let data21 = data.socketMode;
if((!(((typeof data21 == "number") && (!(data21 % 1) && !isNaN(data21))) && (isFinite(data21)))) && (typeof data21 !== "string")){
const err59 = {instancePath:instancePath+"/socketMode",schemaPath:"#/properties/socketMode/type",keyword:"type",params:{type: schema11.properties.socketMode.type},message:"must be integer,string",schema:schema11.properties.socketMode.type,parentSchema:schema11.properties.socketMode,data:data21};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
if((typeof data21 == "number") && (isFinite(data21))){
if(data21 > 511 || isNaN(data21)){
const err60 = {instancePath:instancePath+"/socketMode",schemaPath:"#/properties/socketMode/maximum",keyword:"maximum",params:{comparison: "<=", limit: 511},message:"must be <= 511",schema:511,parentSchema:schema11.properties.socketMode,data:data21};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
if(data21 < 0 || isNaN(data21)){
const err61 = {instancePath:instancePath+"/socketMode",schemaPath:"#/properties/socketMode/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.socketMode,data:data21};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
if(typeof data21 === "string"){
if(!pattern3.test(data21)){
const err62 = {instancePath:instancePath+"/socketMode",schemaPath:"#/properties/socketMode/pattern",keyword:"pattern",params:{pattern: "^0?[0-7]{3}$"},message:"must match pattern \""+"^0?[0-7]{3}$"+"\"",schema:"^0?[0-7]{3}$",parentSchema:schema11.properties.socketMode,data:data21};
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
if(data.onWorkerStart !== undefined){
let data22 = data.onWorkerStart;
if(typeof data22 !== "function"){
const err63 = {instancePath:instancePath+"/onWorkerStart",schemaPath:"#/properties/onWorkerStart/isFunction",keyword:"isFunction",params:{},message:"must pass \"isFunction\" keyword validation",schema:true,parentSchema:schema11.properties.onWorkerStart,data:data22};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
}
if(data.onWorkerExit !== undefined){
let data23 = data.onWorkerExit;
if(typeof data23 !== "function"){
const err64 = {instancePath:instancePath+"/onWorkerExit",schemaPath:"#/properties/onWorkerExit/isFunction",keyword:"isFunction",params:{},message:"must pass \"isFunction\" keyword validation",schema:true,parentSchema:schema11.properties.onWorkerExit,data:data23};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
}
let data24 = data.policy;
const _errs56 = errors;
let valid6 = false;
const _errs57 = errors;
if(!(((data24 === "round-robin") || (data24 === "least-connections")) || (data24 === "sticky"))){
const err65 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema11.properties.policy.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema11.properties.policy.anyOf[0].enum,parentSchema:schema11.properties.policy.anyOf[0],data:data24};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
var _valid2 = _errs57 === errors;
valid6 = valid6 || _valid2;
if(!valid6){
const _errs58 = errors;
if(typeof data24 !== "function"){
const err66 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/anyOf/1/isFunction",keyword:"isFunction",params:{},message:"must pass \"isFunction\" keyword validation",schema:true,parentSchema:schema11.properties.policy.anyOf[1],data:data24};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
var _valid2 = _errs58 === errors;
valid6 = valid6 || _valid2;
}
if(!valid6){
const err67 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema11.properties.policy.anyOf,parentSchema:schema11.properties.policy,data:data24};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
else {
errors = _errs56;
if(vErrors !== null){
if(_errs56){
vErrors.length = _errs56;
}
else {
vErrors = null;
}
}
}
let data25 = data.stickyWait;
if(!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))){
const err68 = {instancePath:instancePath+"/stickyWait",schemaPath:"#/properties/stickyWait/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.stickyWait.type,parentSchema:schema11.properties.stickyWait,data:data25};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
if((typeof data25 == "number") && (isFinite(data25))){
if(data25 > 2147483647 || isNaN(data25)){
const err69 = {instancePath:instancePath+"/stickyWait",schemaPath:"#/properties/stickyWait/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.stickyWait,data:data25};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
if(data25 < 0 || isNaN(data25)){
const err70 = {instancePath:instancePath+"/stickyWait",schemaPath:"#/properties/stickyWait/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.stickyWait,data:data25};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
let data26 = data.stickyIpv6Prefix;
if(!(((typeof data26 == "number") && (!(data26 % 1) && !isNaN(data26))) && (isFinite(data26)))){
const err71 = {instancePath:instancePath+"/stickyIpv6Prefix",schemaPath:"#/properties/stickyIpv6Prefix/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.stickyIpv6Prefix.type,parentSchema:schema11.properties.stickyIpv6Prefix,data:data26};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
if((typeof data26 == "number") && (isFinite(data26))){
if(data26 > 128 || isNaN(data26)){
const err72 = {instancePath:instancePath+"/stickyIpv6Prefix",schemaPath:"#/properties/stickyIpv6Prefix/maximum",keyword:"maximum",params:{comparison: "<=", limit: 128},message:"must be <= 128",schema:128,parentSchema:schema11.properties.stickyIpv6Prefix,data:data26};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
if(data26 < 1 || isNaN(data26)){
const err73 = {instancePath:instancePath+"/stickyIpv6Prefix",schemaPath:"#/properties/stickyIpv6Prefix/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.stickyIpv6Prefix,data:data26};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
}
let data27 = data.stallAfter;
if(!(((typeof data27 == "number") && (!(data27 % 1) && !isNaN(data27))) && (isFinite(data27)))){
const err74 = {instancePath:instancePath+"/stallAfter",schemaPath:"#/properties/stallAfter/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.stallAfter.type,parentSchema:schema11.properties.stallAfter,data:data27};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
if((typeof data27 == "number") && (isFinite(data27))){
if(data27 > 2147483647 || isNaN(data27)){
const err75 = {instancePath:instancePath+"/stallAfter",schemaPath:"#/properties/stallAfter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.stallAfter,data:data27};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
if(data27 < 20 || isNaN(data27)){
const err76 = {instancePath:instancePath+"/stallAfter",schemaPath:"#/properties/stallAfter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 20},message:"must be >= 20",schema:20,parentSchema:schema11.properties.stallAfter,data:data27};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
}
let data28 = data.saturation;
if(data28 && typeof data28 == "object" && !Array.isArray(data28)){
for(const key4 in data28){
if(!((key4 === "utilization") || (key4 === "delay"))){
const err77 = {instancePath:instancePath+"/saturation",schemaPath:"#/properties/saturation/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.saturation,data:data28};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
if(data28.utilization !== undefined){
let data29 = data28.utilization;
if((typeof data29 == "number") && (isFinite(data29))){
if(data29 > 1 || isNaN(data29)){
const err78 = {instancePath:instancePath+"/saturation/utilization",schemaPath:"#/properties/saturation/properties/utilization/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1},message:"must be <= 1",schema:1,parentSchema:schema11.properties.saturation.properties.utilization,data:data29};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
if(data29 <= 0 || isNaN(data29)){
const err79 = {instancePath:instancePath+"/saturation/utilization",schemaPath:"#/properties/saturation/properties/utilization/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0",schema:0,parentSchema:schema11.properties.saturation.properties.utilization,data:data29};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
}
else {
const err80 = {instancePath:instancePath+"/saturation/utilization",schemaPath:"#/properties/saturation/properties/utilization/type",keyword:"type",params:{type: "number"},message:"must be number",schema:schema11.properties.saturation.properties.utilization.type,parentSchema:schema11.properties.saturation.properties.utilization,data:data29};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
if(data28.delay !== undefined){
let data30 = data28.delay;
if(!(((typeof data30 == "number") && (!(data30 % 1) && !isNaN(data30))) && (isFinite(data30)))){
const err81 = {instancePath:instancePath+"/saturation/delay",schemaPath:"#/properties/saturation/properties/delay/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.saturation.properties.delay.type,parentSchema:schema11.properties.saturation.properties.delay,data:data30};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
if((typeof data30 == "number") && (isFinite(data30))){
if(data30 > 2147483647 || isNaN(data30)){
const err82 = {instancePath:instancePath+"/saturation/delay",schemaPath:"#/properties/saturation/properties/delay/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.saturation.properties.delay,data:data30};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
if(data30 < 1 || isNaN(data30)){
const err83 = {instancePath:instancePath+"/saturation/delay",schemaPath:"#/properties/saturation/properties/delay/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.saturation.properties.delay,data:data30};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
}
}
}
else {
const err84 = {instancePath:instancePath+"/saturation",schemaPath:"#/properties/saturation/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.saturation.type,parentSchema:schema11.properties.saturation,data:data28};
if(vErrors === null){
vErrors = [err84];
}
else {
vErrors.push(err84);
}
errors++;
}
let data31 = data.maxPending;
if(!(((typeof data31 == "number") && (!(data31 % 1) && !isNaN(data31))) && (isFinite(data31)))){
const err85 = {instancePath:instancePath+"/maxPending",schemaPath:"#/properties/maxPending/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.maxPending.type,parentSchema:schema11.properties.maxPending,data:data31};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
if((typeof data31 == "number") && (isFinite(data31))){
if(data31 > 1048576 || isNaN(data31)){
const err86 = {instancePath:instancePath+"/maxPending",schemaPath:"#/properties/maxPending/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1048576},message:"must be <= 1048576",schema:1048576,parentSchema:schema11.properties.maxPending,data:data31};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
if(data31 < 1 || isNaN(data31)){
const err87 = {instancePath:instancePath+"/maxPending",schemaPath:"#/properties/maxPending/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.maxPending,data:data31};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
}
let data32 = data.onOverload;
if(!((data32 === "wait") || (data32 === "shed"))){
const err88 = {instancePath:instancePath+"/onOverload",schemaPath:"#/properties/onOverload/enum",keyword:"enum",params:{allowedValues: schema11.properties.onOverload.enum},message:"must be equal to one of the allowed values",schema:schema11.properties.onOverload.enum,parentSchema:schema11.properties.onOverload,data:data32};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
let data33 = data.pendingTimeout;
if(!(((typeof data33 == "number") && (!(data33 % 1) && !isNaN(data33))) && (isFinite(data33)))){
const err89 = {instancePath:instancePath+"/pendingTimeout",schemaPath:"#/properties/pendingTimeout/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.pendingTimeout.type,parentSchema:schema11.properties.pendingTimeout,data:data33};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
if((typeof data33 == "number") && (isFinite(data33))){
if(data33 > 2147483647 || isNaN(data33)){
const err90 = {instancePath:instancePath+"/pendingTimeout",schemaPath:"#/properties/pendingTimeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.pendingTimeout,data:data33};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
if(data33 < 0 || isNaN(data33)){
const err91 = {instancePath:instancePath+"/pendingTimeout",schemaPath:"#/properties/pendingTimeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.pendingTimeout,data:data33};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
}
if(data.maxConnectionsPerWorker !== undefined){
let data34 = data.maxConnectionsPerWorker;
if(!(((typeof data34 == "number") && (!(data34 % 1) && !isNaN(data34))) && (isFinite(data34)))){
const err92 = {instancePath:instancePath+"/maxConnectionsPerWorker",schemaPath:"#/properties/maxConnectionsPerWorker/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.maxConnectionsPerWorker.type,parentSchema:schema11.properties.maxConnectionsPerWorker,data:data34};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
if((typeof data34 == "number") && (isFinite(data34))){
if(data34 > 1048576 || isNaN(data34)){
const err93 = {instancePath:instancePath+"/maxConnectionsPerWorker",schemaPath:"#/properties/maxConnectionsPerWorker/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1048576},message:"must be <= 1048576",schema:1048576,parentSchema:schema11.properties.maxConnectionsPerWorker,data:data34};
if(vErrors === null){
vErrors = [err93];
}
else {
vErrors.push(err93);
}
errors++;
}
if(data34 < 1 || isNaN(data34)){
const err94 = {instancePath:instancePath+"/maxConnectionsPerWorker",schemaPath:"#/properties/maxConnectionsPerWorker/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.maxConnectionsPerWorker,data:data34};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
}
}
let data35 = data.ticketLifetime;
if(!(((typeof data35 == "number") && (!(data35 % 1) && !isNaN(data35))) && (isFinite(data35)))){
const err95 = {instancePath:instancePath+"/ticketLifetime",schemaPath:"#/properties/ticketLifetime/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.ticketLifetime.type,parentSchema:schema11.properties.ticketLifetime,data:data35};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
if((typeof data35 == "number") && (isFinite(data35))){
if(data35 > 2147483647 || isNaN(data35)){
const err96 = {instancePath:instancePath+"/ticketLifetime",schemaPath:"#/properties/ticketLifetime/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647},message:"must be <= 2147483647",schema:2147483647,parentSchema:schema11.properties.ticketLifetime,data:data35};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
if(data35 < 0 || isNaN(data35)){
const err97 = {instancePath:instancePath+"/ticketLifetime",schemaPath:"#/properties/ticketLifetime/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.ticketLifetime,data:data35};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
}
let data36 = data.control;
if((typeof data36 !== "boolean") && (typeof data36 !== "string")){
const err98 = {instancePath:instancePath+"/control",schemaPath:"#/properties/control/type",keyword:"type",params:{type: schema11.properties.control.type},message:"must be boolean,string",schema:schema11.properties.control.type,parentSchema:schema11.properties.control,data:data36};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
if(typeof data36 === "string"){
if(!pattern4.test(data36)){
const err99 = {instancePath:instancePath+"/control",schemaPath:"#/properties/control/pattern",keyword:"pattern",params:{pattern: "."},message:"must match pattern \""+"."+"\"",schema:".",parentSchema:schema11.properties.control,data:data36};
if(vErrors === null){
vErrors = [err99];
}
else {
vErrors.push(err99);
}
errors++;
}
}
if(data.admin !== undefined){
let data37 = data.admin;
if(((!(((typeof data37 == "number") && (!(data37 % 1) && !isNaN(data37))) && (isFinite(data37)))) && (typeof data37 !== "string")) && (!(data37 && typeof data37 == "object" && !Array.isArray(data37)))){
const err100 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/type",keyword:"type",params:{type: schema11.properties.admin.type},message:"must be integer,string,object",schema:schema11.properties.admin.type,parentSchema:schema11.properties.admin,data:data37};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
if((typeof data37 == "number") && (isFinite(data37))){
if(data37 > 65535 || isNaN(data37)){
const err101 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema11.properties.admin,data:data37};
if(vErrors === null){
vErrors = [err101];
}
else {
vErrors.push(err101);
}
errors++;
}
if(data37 < 0 || isNaN(data37)){
const err102 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.admin,data:data37};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
}
if(typeof data37 === "string"){
if(!pattern5.test(data37)){
const err103 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/pattern",keyword:"pattern",params:{pattern: "^(.+:)?\\d{1,5}$"},message:"must match pattern \""+"^(.+:)?\\d{1,5}$"+"\"",schema:"^(.+:)?\\d{1,5}$",parentSchema:schema11.properties.admin,data:data37};
if(vErrors === null){
vErrors = [err103];
}
else {
vErrors.push(err103);
}
errors++;
}
}
if(data37 && typeof data37 == "object" && !Array.isArray(data37)){
if(data37.port === undefined){
const err104 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/required",keyword:"required",params:{missingProperty: "port"},message:"must have required property '"+"port"+"'",schema:schema11.properties.admin.required,parentSchema:schema11.properties.admin,data:data37};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
for(const key5 in data37){
if(!((((key5 === "port") || (key5 === "host")) || (key5 === "token")) || (key5 === "hosts"))){
const err105 = {instancePath:instancePath+"/admin",schemaPath:"#/properties/admin/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.admin,data:data37};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
}
if(data37.port !== undefined){
let data38 = data37.port;
if(!(((typeof data38 == "number") && (!(data38 % 1) && !isNaN(data38))) && (isFinite(data38)))){
const err106 = {instancePath:instancePath+"/admin/port",schemaPath:"#/properties/admin/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.admin.properties.port.type,parentSchema:schema11.properties.admin.properties.port,data:data38};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
if((typeof data38 == "number") && (isFinite(data38))){
if(data38 > 65535 || isNaN(data38)){
const err107 = {instancePath:instancePath+"/admin/port",schemaPath:"#/properties/admin/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema11.properties.admin.properties.port,data:data38};
if(vErrors === null){
vErrors = [err107];
}
else {
vErrors.push(err107);
}
errors++;
}
if(data38 < 0 || isNaN(data38)){
const err108 = {instancePath:instancePath+"/admin/port",schemaPath:"#/properties/admin/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema11.properties.admin.properties.port,data:data38};
if(vErrors === null){
vErrors = [err108];
}
else {
vErrors.push(err108);
}
errors++;
}
}
}
if(data37.host !== undefined){
let data39 = data37.host;
if(typeof data39 === "string"){
if(!pattern4.test(data39)){
const err109 = {instancePath:instancePath+"/admin/host",schemaPath:"#/properties/admin/properties/host/pattern",keyword:"pattern",params:{pattern: "."},message:"must match pattern \""+"."+"\"",schema:".",parentSchema:schema11.properties.admin.properties.host,data:data39};
if(vErrors === null){
vErrors = [err109];
}
else {
vErrors.push(err109);
}
errors++;
}
}
else {
const err110 = {instancePath:instancePath+"/admin/host",schemaPath:"#/properties/admin/properties/host/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.admin.properties.host.type,parentSchema:schema11.properties.admin.properties.host,data:data39};
if(vErrors === null){
vErrors = [err110];
}
else {
vErrors.push(err110);
}
errors++;
}
}
if(data37.token !== undefined){
let data40 = data37.token;
if(typeof data40 === "string"){
if(!pattern7.test(data40)){
const err111 = {instancePath:instancePath+"/admin/token",schemaPath:"#/properties/admin/properties/token/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9._~+/-]{16,}=*$"},message:"must match pattern \""+"^[A-Za-z0-9._~+/-]{16,}=*$"+"\"",schema:"^[A-Za-z0-9._~+/-]{16,}=*$",parentSchema:schema11.properties.admin.properties.token,data:data40};
if(vErrors === null){
vErrors = [err111];
}
else {
vErrors.push(err111);
}
errors++;
}
}
else {
const err112 = {instancePath:instancePath+"/admin/token",schemaPath:"#/properties/admin/properties/token/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.admin.properties.token.type,parentSchema:schema11.properties.admin.properties.token,data:data40};
if(vErrors === null){
vErrors = [err112];
}
else {
vErrors.push(err112);
}
errors++;
}
}
if(data37.hosts !== undefined){
let data41 = data37.hosts;
if(Array.isArray(data41)){
const len0 = data41.length;
for(let i0=0; i0<len0; i0++){
let data42 = data41[i0];
if(typeof data42 === "string"){
if(!pattern4.test(data42)){
const err113 = {instancePath:instancePath+"/admin/hosts/" + i0,schemaPath:"#/properties/admin/properties/hosts/items/pattern",keyword:"pattern",params:{pattern: "."},message:"must match pattern \""+"."+"\"",schema:".",parentSchema:schema11.properties.admin.properties.hosts.items,data:data42};
if(vErrors === null){
vErrors = [err113];
}
else {
vErrors.push(err113);
}
errors++;
}
}
else {
const err114 = {instancePath:instancePath+"/admin/hosts/" + i0,schemaPath:"#/properties/admin/properties/hosts/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.admin.properties.hosts.items.type,parentSchema:schema11.properties.admin.properties.hosts.items,data:data42};
if(vErrors === null){
vErrors = [err114];
}
else {
vErrors.push(err114);
}
errors++;
}
}
}
else {
const err115 = {instancePath:instancePath+"/admin/hosts",schemaPath:"#/properties/admin/properties/hosts/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema11.properties.admin.properties.hosts.type,parentSchema:schema11.properties.admin.properties.hosts,data:data41};
if(vErrors === null){
vErrors = [err115];
}
else {
vErrors.push(err115);
}
errors++;
}
}
}
}
}
else {
const err116 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err116];
}
else {
vErrors.push(err116);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
