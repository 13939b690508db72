"""Which names the real CommonServerPython has, so that a gap in xsim's own is told from a fault of the script."""

APRIL_2022 = tuple(
    """
    add_http_prefix_if_missing add_sensitive_log_strs appendContext arg_to_datetime arg_to_number argToBoolean
    argToList assign_params auto_detect_indicator_type AutoFocusKeyRetriever aws_table_to_markdown b64_encode
    BarColumnPieWidget BaseClient BaseWidget batch brands build_dbot_entry build_malicious_dbot_entry
    camel_case_to_underscore camelize camelize_string CIPHERS_STRING CommandResults CommandRunner Common ConfKey
    CONTENT_BRANCH_NAME CONTENT_RELEASE_VERSION CONTEXT_UPDATE_RETRY_TIMES create_clickable_url
    create_indicator_result_with_dbotscore_unknown create_updated_last_run_object createContext createContextSingle
    cveRegex date_to_timestamp datetime_to_string DBotScoreReliability DBotScoreType DebugLogger DemistoException
    DemistoHandler dict_safe_get elem2json elem_to_internal emailRegex encode_string_results
    ENDPOINT_ISISOLATED_OPTIONS ENDPOINT_STATUS_OPTIONS ensure_proxy_has_http_prefix EntityRelationship EntryFormat
    EntryType entryTypes epochToTimestamp excluded_globals excluded_types_names execute_command FeedIndicatorType
    file_result_existing_file fileResult filter_incidents_by_duplicates_and_limit fix_traceback_line_numbers
    flattenCell flattenRow flattenTable FormatADTimestamp formatAllArgs formatCell formatEpochDate FormatIso8601
    formats formatTimeColumns get_demisto_version get_demisto_version_as_str get_error get_feed_last_run
    get_fetch_run_time_range get_found_incident_ids get_hash_type get_integration_context
    get_integration_context_with_version get_integration_name get_last_mirror_run get_latest_incident_created_time
    get_message_classes_dump get_message_global_vars get_message_local_vars get_message_memory_dump
    get_message_modules_sizes get_message_threads_dump get_pack_version get_schedule_metadata get_script_name
    get_size_of_object get_tenant_account_name get_x_content_info_headers GetDemistoVersion GetMappingFieldsResponse
    GetModifiedRemoteDataArgs GetModifiedRemoteDataResponse GetRemoteDataArgs GetRemoteDataResponse handle_proxy
    hash_djb2 hashRegex HOUR IncidentSeverity IncidentStatus INDICATOR_TYPE_TO_CONTEXT_KEY
    indicators_value_to_clickable IndicatorsSearcher IndicatorsTimeline InputArgument IntegrationLogger
    internal_to_elem ipv4cidrRegex ipv4Regex ipv6cidrRegex ipv6Regex is_debug_mode is_demisto_version_ge is_error
    is_ip_valid is_ipv6_valid is_mac_address IS_PY3 is_versioned_context_available isCommandAvailable isError
    json2elem json2xml JsonTransformer LineWidget LOG logger MARKDOWN_CHARS md5Regex merge_lists
    MIN_VERSION_FOR_VERSIONED_CONTEXT NormalizeRegistryPath NumberWidget OS_LINUX OS_MAC OS_WINDOWS OutputArgument
    outputPaths ParameterTypes parse_date_range parse_date_string pascalRegex pascalToSpace polling_function
    PollResult positiveFile positiveIp positiveUrl PrettifyCompactedTimestamp PROFILING_DUMP_ROWS_LIMIT providers
    PY_VER_MINOR raiseTable regexFlags register_module_line register_signal_handler_profiling_dump
    remove_duplicates_from_list_arg remove_empty_elements remove_nulls_from_dictionary remove_old_incidents_ids
    replace_in_keys return_error return_outputs return_results return_warning safe_load_json ScheduledCommand
    SchemeTypeMapping scoreToReputation sectionsToMarkdown send_events_to_xsiam set_feed_last_run
    set_integration_context set_last_mirror_run set_to_integration_context_with_retries sha1Regex sha256Regex
    sha512Regex shortCrowdStrike shortDomain shorten_string_for_printing shortFile shortIp shortUrl
    signal_handler_profiling_dump skip_cert_verification skip_proxy SmartGetDict snakify SSLAdapter STIX_PREFIX
    STRING_OBJ_TYPES string_to_context_key string_to_table_header STRING_TYPES stringEscape stringEscapeMD
    stringUnEscape strip_tag support_multithreading TableOrListWidget tableToMarkdown tblToMd TextWidget ThreatIntel
    thresholds timestamp_to_datestring TrendWidget underscoreToCamelCase update_integration_context
    update_last_run_object UpdateRemoteSystemArgs url_to_clickable_markdown urljoin urlRegex vtCountPositives
    WarningsHandler xml2json YMLMetadataCollector ZERO zoomField
    """.split()
)
"""Public functions, classes and constants of the file that was shipped in April 2022."""
LATER = tuple(
    """
    append_metrics ASSETS b64_decode calculate_new_offset censor_request_logs comma_separated_mapping_to_dict
    content_profiler convert_dict_values_bytes_to_str DATA_TYPES detect_file_indicator_type domainRegex
    doubleBackslashes ErrorTypes EVENTS execute_polling_command EXECUTION_METRICS_SCRIPT_SKIP_MSG ExecutionMetrics
    ExecutionTimeout FETCH_COMMANDS FileAttachmentType find_and_remove_sensitive_text generic_http_request
    get_current_time get_engine_base_url get_integration_instance_name get_server_config get_ucp_credentials
    handle_proxy_for_long_running has_passed_time_threshold HAVE_SUPPORT_MULTITHREADING_CALLED_ONCE
    interpolate_ucp_params is_filename_valid is_integration_command_execution
    is_integration_instance_running_on_engine is_platform is_scheduled_command_retry is_time_sensitive is_ucp_enabled
    is_using_engine is_xsiam is_xsiam_or_xsoar_saas is_xsoar is_xsoar_hosted is_xsoar_on_prem is_xsoar_saas MASK
    MAX_ALLOWED_ENTRY_SIZE MAX_ERROR_MESSAGE_LENGTH NUM_OF_WORKERS parse_json_string replace_spaces_in_credential
    response_to_context retry safe_sleep SAFE_SLEEP_START_TIME send_data_to_xsiam SEND_PREFIX should_use_ucp_auth
    split_data_to_chunks xsiam_api_call_with_retries XSIAM_EVENT_CHUNK_SIZE XSIAM_EVENT_CHUNK_SIZE_LIMIT
    """.split()
)
"""Added since, up to 2026, as far as public content and its change requests name them."""
KNOWN_NAMES = frozenset({*APRIL_2022, *LATER})
