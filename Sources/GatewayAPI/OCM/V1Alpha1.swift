/// The kinds of OCM in the version `v1alpha1`, which older hubs store and newer ones may still
/// serve.
public enum V1Alpha1 {}
