// @ts-nocheck generated of options-schema.ts by npm run build:validator
/* c8 ignore start */
"use strict";
export const validate = validate10;
export default validate10;
const schema11 = {"$id":"validate","type":"object","additionalProperties":false,"properties":{"workers":{"anyOf":[{"const":"auto"},{"type":"integer","minimum":0,"maximum":1024}],"default":"auto","description":"'auto' or an integer from 0 to 1024"},"grace":{"type":"integer","minimum":0,"maximum":2147482647,"default":10000,"description":"an integer from 0 to 2147482647 (milliseconds)"},"signals":{"type":"boolean","default":true,"description":"true or false"},"lane":{"enum":["auto","native","ipc"],"default":"auto","description":"'auto', 'native' or 'ipc'"},"takeBackAfter":{"type":"integer","minimum":0,"maximum":2147483647,"default":2,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for never)"},"bootTimeout":{"type":"integer","minimum":0,"maximum":2147483647,"default":30000,"description":"an integer from 0 to 2147483647 (milliseconds, 0 for no limit)"},"reload":{"type":"object","additionalProperties":false,"properties":{"concurrency":{"type":"integer","minimum":1,"maximum":1024,"default":1,"description":"an integer from 1 to 1024"}},"default":{},"description":"an object"},"policy":{"enum":["round-robin"],"default":"round-robin","description":"'round-robin'"}}};

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
if(data.policy === undefined){
data.policy = "round-robin";
}
for(const key0 in data){
if(!((((((((key0 === "workers") || (key0 === "grace")) || (key0 === "signals")) || (key0 === "lane")) || (key0 === "takeBackAfter")) || (key0 === "bootTimeout")) || (key0 === "reload")) || (key0 === "policy"))){
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
let data6 = data.reload;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
if(data6.concurrency === undefined){
data6.concurrency = 1;
}
for(const key1 in data6){
if(!(key1 === "concurrency")){
const err17 = {instancePath:instancePath+"/reload",schemaPath:"#/properties/reload/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.reload,data:data6};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
let data7 = data6.concurrency;
if(!(((typeof data7 == "number") && (!(data7 % 1) && !isNaN(data7))) && (isFinite(data7)))){
const err18 = {instancePath:instancePath+"/reload/concurrency",schemaPath:"#/properties/reload/properties/concurrency/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema11.properties.reload.properties.concurrency.type,parentSchema:schema11.properties.reload.properties.concurrency,data:data7};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 > 1024 || isNaN(data7)){
const err19 = {instancePath:instancePath+"/reload/concurrency",schemaPath:"#/properties/reload/properties/concurrency/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1024},message:"must be <= 1024",schema:1024,parentSchema:schema11.properties.reload.properties.concurrency,data:data7};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if(data7 < 1 || isNaN(data7)){
const err20 = {instancePath:instancePath+"/reload/concurrency",schemaPath:"#/properties/reload/properties/concurrency/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema11.properties.reload.properties.concurrency,data:data7};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/reload",schemaPath:"#/properties/reload/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.reload.type,parentSchema:schema11.properties.reload,data:data6};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
let data8 = data.policy;
if(!(data8 === "round-robin")){
const err22 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/enum",keyword:"enum",params:{allowedValues: schema11.properties.policy.enum},message:"must be equal to one of the allowed values",schema:schema11.properties.policy.enum,parentSchema:schema11.properties.policy,data:data8};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
else {
const err23 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
